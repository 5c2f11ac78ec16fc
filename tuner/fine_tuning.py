"""`tuner.train`: one training with given settings or a recipe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnostics.judgement import Checkup
from diagnostics.settings import Settings
from diagnostics.subjects.dataset import Dataset
from tuner.cards import write_training_card
from tuner.choices import RecipeLike, choose_recipe, read_files
from tuner.data import TaskData
from tuner.data_check import check_first, check_notes, keep_check
from tuner.hyperparameters import HYPERPARAMETERS
from tuner.inputs import (
    CHECKPOINT_SECONDS,
    DataRequest,
    check_folder_name,
    check_settings,
    default_name,
    model_name,
    split_seed,
)
from tuner.model_facts import ModelFacts
from tuner.opening import check_trainable, make_engine, model_facts, open_bench
from tuner.planned_settings import plan_of, planned_recipe
from tuner.search.folder import default_environment
from tuner.search.interrupt import StopRequest
from tuner.search.run_record import RunRecord
from tuner.silent import SilentTraining
from tuner.single_run import claim_run, run_once, write_result
from tuner.study_plan import data_lines, data_warnings
from tuner.train_view import RunFacts, TrainObserver, TrainResult
from tuner.trial import TrialSpec

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["train"]


def train(
    data: str | Path,
    *,
    model: str | Path | None = None,
    recipe: RecipeLike = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    counts: Sequence[int] | None = None,
    warmup_ratio: float | None = None,
    weight_decay: float | None = None,
    schedule: str | None = None,
    dropout: float | None = None,
    label_smoothing: float | None = None,
    frozen_layers: int | None = None,
    seed: int | None = None,
    name: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    sample: int | None = None,
    max_length: int | None = None,
    runs_dir: str | Path = "runs",
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    check: bool | Settings = True,
    observer: TrainObserver | None = None,
) -> TrainResult:
    """Fine-tune a model once, with given settings or a recipe.

    Settings that are neither given nor in the recipe are what suits models of this size. The same
    call goes on with a training that was cut off.

    Args:
        data: A labelled file, a folder with splits, a saved `datasets` folder or a hub id.
        model: Folder or hub id of a pretrained encoder; a recipe file may name one.
        recipe: A `TrialSpec`, a study file or the name of a shipped one.
        learning_rate: Peak learning rate of AdamW.
        batch_size: Sentences per optimizer step.
        epochs: Length of the training and of its schedule.
        counts: Epoch counts that a trunk (`schedule="trunk"`) answers for; None: 1, 2, 3, 5, 8 and
            so on up to `epochs`.
        warmup_ratio: Share of the steps in which the learning rate rises.
        weight_decay: AdamW's decoupled weight decay.
        schedule: Course of the learning rate; one of `tuner.trial.SCHEDULES`.
        dropout: Probability of every dropout layer; None: the model's own.
        label_smoothing: Share of the probability spread over all labels.
        frozen_layers: Encoder layers, from the embeddings up, that are not trained.
        seed: Decides the splits, the head, the order of batches and dropout.
        name: Name of the run and its folder; None: from data and model.
        dev: Development file; without one (and none in `data`) it is taken out of train.
        test: Test file, scored once at the end.
        data_format: Format of `data`; None recognises it.
        columns: Columns of token and tag, such as `token=0,tag=3`.
        sample: Train on so many sentences only.
        max_length: Most sub-tokens of a window.
        runs_dir: Where all results are kept.
        device: `cpu`, `mps`, `cuda` or `cuda:N`; None: the best there is.
        settings: Further transformers `TrainingArguments`.
        check: Whether to check the data first, as `tuner check` does; a project's settings, from
            `diagnostics.settings.find_settings`, say by which rules.
        observer: Who watches; None: nobody.

    Returns:
        Every epoch's report, the scores of the best one, and where its model is.

    Raises:
        UsageError: An argument or the recipe cannot be right.
        DataError: The data cannot be read or holds nothing to learn from.
        DataCheckError: The check of the data found errors.
        ModelError: The model cannot be found, read or used.
        StudyError: The run's folder cannot be written.
    """
    given = {name: value for name, value in locals().items() if name in HYPERPARAMETERS}
    branches = () if counts is None else tuple(counts)
    given["epochs"] = epochs if epochs is not None or not branches else branches[-1]
    if name is not None:
        check_folder_name("name", name)
    files = read_files(None, recipe)
    model = model_name(model, files)
    check_settings(settings)
    request = DataRequest(data, dev, test, data_format, columns, sample)
    chance = split_seed(seed, recipe, files[1])
    loaded = request.load(chance)
    planned = plan_of(planned_recipe(recipe, files[1]), given)
    checked = check_first(request, check, seed=chance, plan=planned)
    bench = open_bench(loaded, model, device, max_length, None, CHECKPOINT_SECONDS)
    facts = model_facts(bench)
    spec = choose_recipe(facts, len(bench.train), recipe, files[1], given, settings, branches)
    check_trainable(bench, spec)
    ready = _Training(spec, name, Path(runs_dir), loaded, bench, facts, checked)
    return _run_training(ready, observer or SilentTraining())


@dataclass(frozen=True, slots=True)
class _Training:
    """A single training that is ready to begin."""

    spec: TrialSpec
    name: str | None
    runs: Path
    data: TaskData
    bench: Workbench
    model: ModelFacts
    checked: Checkup[Dataset] | None


def _run_training(ready: _Training, observer: TrainObserver) -> TrainResult:
    facts = {
        "model": {"name": ready.model.name, "fingerprint": ready.model.fingerprint},
        "data": {"source": ready.data.source, "fingerprint": ready.data.fingerprint},
        "data_facts": dict(ready.data.facts),
        "max_length": ready.bench.max_length,
    }
    environment = {**default_environment(), "device": ready.bench.device.title}
    # A search of the same data with the same model is named without `train-`.
    name = ready.name or f"train-{default_name(ready.data.name, ready.model.name)}"
    with claim_run(ready.runs, name, ready.spec, facts, environment) as claimed:
        keep_check(ready.checked, claimed.directory)
        observer.started(_run_facts(ready, claimed))
        run, result = _train_once(ready, claimed, observer)
        result = replace(
            result,
            warnings=data_warnings(ready.data),
            next_commands=(_diagnose(result.directory),),
        )
        write_training_card(run, result, ready.model.name, ready.data)
        write_result(result)
    observer.ended(result)
    return result


def _run_facts(ready: _Training, run: RunRecord) -> RunFacts:
    return RunFacts(
        name=run.key,
        directory=run.directory,
        model=ready.model.name,
        data_facts=data_lines(ready.data),
        spec=ready.spec,
        device=ready.bench.device.title,
        train_sentences=len(ready.bench.train),
        steps_per_epoch=-(-len(ready.bench.train) // ready.spec.batch_size),
        notes=check_notes(
            ready.checked, data_warnings(ready.data, ready.bench.train.cut_sentences)
        ),
    )


def _train_once(
    ready: _Training, run: RunRecord, observer: TrainObserver
) -> tuple[RunRecord, TrainResult]:
    engine = make_engine(ready.bench, ready.data)
    try:
        with StopRequest() as stop:
            return run_once(run, engine, observer, has_test=bool(ready.data.test), stop=stop)
    finally:
        engine.close()


def _diagnose(directory: Path) -> tuple[str, str]:
    return f"tuner diagnose {shlex.quote(str(directory))}", "what went well and what did not"
