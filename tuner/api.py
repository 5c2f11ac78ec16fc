"""The Python interface: `search`, `train` and `load_study`, which the commands call too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.cards import write_study_card, write_training_card
from tuner.choices import (
    RecipeLike,
    SpaceLike,
    choose_options,
    choose_recipe,
    choose_study,
    read_files,
)
from tuner.data import TaskData, load_data
from tuner.demo import DEMO_STUDY, demo_data, demo_model
from tuner.errors import UsageError
from tuner.model_facts import ModelFacts
from tuner.opening import make_engine, model_facts, open_bench
from tuner.search.folder import StudyFolder, default_environment, fresh_name
from tuner.search.interrupt import StopRequest
from tuner.search.loop import run_search
from tuner.silent import SilentStudy, SilentTraining
from tuner.single_run import run_folder, run_once, write_result
from tuner.study import StudySpec
from tuner.study_file import StudyFile
from tuner.study_plan import data_lines, data_warnings, study_plan
from tuner.study_view import StudyObserver, StudySummary
from tuner.train_view import RunFacts, TrainObserver, TrainResult
from tuner.trial import TrialSpec

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["search", "train"]

CHECKPOINT_SECONDS = 20.0
SEED = 42


def search(
    data: str | Path | None = None,
    *,
    model: str | Path | None = None,
    trials: int | None = None,
    time_budget: float | None = None,
    study: str | None = None,
    space: SpaceLike = None,
    recipe: RecipeLike = None,
    also: Iterable[str] = (),
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    sample: int | None = None,
    max_length: int | None = None,
    seed: int = SEED,
    sampler: str | None = None,
    prune: bool | None = None,
    confirm: int | None = None,
    storage: str | None = None,
    runs_dir: str | Path = "runs",
    device: str | None = None,
    new: bool = False,
    settings: Mapping[str, Any] | None = None,
    checkpoint_every: float = CHECKPOINT_SECONDS,
    demo: bool = False,
    observer: StudyObserver | None = None,
) -> StudySummary:
    """Find the learning rate, batch size and epoch count for fine-tuning a model on labelled data.

    The same call goes on with a study that was cut off. The winner's model, with its card, lies in
    `runs/<study>/best`.

    Args:
        data: A labelled file, a folder with splits, a saved `datasets` folder or a hub id.
        model: Folder or hub id of a pretrained encoder; a study file may name one.
        trials: Trials in total, over all restarts; None: what the study file says, else 20.
        time_budget: Seconds in total, over all restarts; None: no limit.
        study: Name of the study; None: from data and model.
        space: A `SearchSpace`, a study file or the name of a shipped one; None: chosen from the
            sizes of model and data.
        recipe: Settings of trial 0: a `TrialSpec`, a study file or the name of a shipped one.
        also: Hyperparameters to search besides: `warmup_ratio`, `weight_decay`, `schedule`,
            `dropout`, `label_smoothing`, `frozen_layers`.
        dev: Development file; without one (and none in `data`) it is taken out of train.
        test: Test file, read once at the very end.
        data_format: Format of `data`; None recognises it.
        columns: Columns of token and tag, such as `token=0,tag=3`.
        sample: Train on so many sentences only, for a quick look.
        max_length: Most sub-tokens of a window; longer sentences become overlapping windows.
        seed: Decides the splits, the sampler and each training.
        sampler: `gp` (the default), `tpe` or `random`.
        prune: Whether hopeless trials are stopped early (the default).
        confirm: Train the best settings with so many further seeds before choosing (2).
        storage: Optuna storage URL; None: an SQLite file in the study's folder.
        runs_dir: Where all results are kept.
        device: `cpu`, `mps`, `cuda` or `cuda:N`; None: the best there is.
        new: Start another study beside an existing one of the same name.
        settings: Further transformers `TrainingArguments`, for every trial.
        checkpoint_every: Least seconds between checkpoints, which are taken at ends of epochs.
        demo: Use the sample data and the small encoder of the extra `demo`.
        observer: Who watches, such as `tuner.display.make_observer("auto")`; None: nobody.

    Returns:
        The answer with its uncertainty, all trials, and where the model is.

    Raises:
        UsageError: An argument, a space or a study file cannot be right.
        DataError: The data cannot be read or holds nothing to learn from.
        ModelError: The model cannot be found, read or used.
        StudyError: The study's folder cannot be used, or holds another study.
    """
    is_demo = demo and data is None and model is None
    if demo:
        data, model = data or demo_data(), model or demo_model()
        space = space if space is not None or recipe is not None else DEMO_STUDY
    files = read_files(space, recipe)
    model = _model_name(model, files)
    watcher = observer or SilentStudy()
    given = {
        "trials": trials,
        "time_budget": time_budget,
        "confirm": confirm,
        "sampler": sampler,
        "prune": prune,
        "storage": storage,
    }
    options = choose_options(given, files, seed)
    _check_settings(settings)
    loaded = _load(data, dev, test, data_format, columns, sample, seed)
    name = study or ("demo" if is_demo else _default_name(loaded.name, model))
    directory = Path(runs_dir) / (fresh_name(Path(runs_dir), name) if new else name)
    bench = open_bench(loaded, model, device, max_length, directory, checkpoint_every)
    facts = model_facts(bench)
    choice = choose_study(
        facts,
        len(bench.train),
        space=space,
        recipe=recipe,
        files=files,
        also=tuple(also),
        seed=seed,
        settings=settings,
    )
    spec = StudySpec(
        name=directory.name,
        space=choice.space,
        recipe=choice.recipe,
        start_points=choice.start_points,
        options=options,
        model=facts,
        data_source=loaded.source,
        data_fingerprint=loaded.fingerprint,
        data_facts=loaded.facts,
        has_test=bool(loaded.test),
        training={"max_length": bench.max_length},
        warnings=data_warnings(loaded),
    )
    return _run_study(_Search(spec, directory, loaded, bench), watcher)


@dataclass(frozen=True, slots=True)
class _Search:
    """A search that is ready to begin."""

    spec: StudySpec
    directory: Path
    data: TaskData
    bench: Workbench


def _run_study(ready: _Search, observer: StudyObserver) -> StudySummary:
    from tuner.training.probe import probe

    folder = StudyFolder(ready.directory)
    done = _ended_trials(folder)
    measured = None
    if done == 0:
        measured = probe(ready.bench, ready.spec.recipe)
    observer.plan(
        study_plan(
            ready.spec,
            ready.directory,
            ready.data,
            done=done,
            longest=int(ready.bench.train.lengths.max()),
            seconds_per_epoch=measured.seconds_per_epoch if measured else None,
            peak_bytes=measured.peak_bytes if measured else None,
            how=measured.how if measured else "",
            device=ready.bench.device.title,
            cut_sentences=ready.bench.train.cut_sentences,
        )
    )
    engine = make_engine(ready.bench, ready.data)
    environment = {**default_environment(), "device": ready.bench.device.title}
    try:
        with StopRequest() as stop:
            return run_search(
                ready.spec,
                engine,
                observer,
                ready.directory,
                stop=stop,
                on_finish=lambda summary: write_study_card(ready.spec, ready.data, summary),
                environment=environment,
            )
    finally:
        engine.close()


def train(
    data: str | Path,
    *,
    model: str | Path | None = None,
    recipe: RecipeLike = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    epochs: int | None = None,
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
        observer: Who watches; None: nobody.

    Returns:
        Every epoch's report, the scores of the best one, and where its model is.

    Raises:
        UsageError: An argument or the recipe cannot be right.
        DataError: The data cannot be read or holds nothing to learn from.
        ModelError: The model cannot be found, read or used.
        StudyError: The run's folder cannot be written.
    """
    files = read_files(None, recipe)
    model = _model_name(model, files)
    _check_settings(settings)
    watcher = observer or SilentTraining()
    given = {
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "epochs": epochs,
        "warmup_ratio": warmup_ratio,
        "weight_decay": weight_decay,
        "schedule": schedule,
        "dropout": dropout,
        "label_smoothing": label_smoothing,
        "frozen_layers": frozen_layers,
        "seed": seed,
    }
    loaded = _load(data, dev, test, data_format, columns, sample, _seed(seed, recipe, files[1]))
    bench = open_bench(loaded, model, device, max_length, None, CHECKPOINT_SECONDS)
    facts = model_facts(bench)
    spec = choose_recipe(facts, len(bench.train), recipe, files[1], given, settings)
    return _run_training(_Training(spec, name, Path(runs_dir), loaded, bench, facts), watcher)


@dataclass(frozen=True, slots=True)
class _Training:
    """A single training that is ready to begin."""

    spec: TrialSpec
    name: str | None
    runs: Path
    data: TaskData
    bench: Workbench
    model: ModelFacts


def _run_training(ready: _Training, observer: TrainObserver) -> TrainResult:
    facts = {
        "model": {"name": ready.model.name, "fingerprint": ready.model.fingerprint},
        "data": {"source": ready.data.source, "fingerprint": ready.data.fingerprint},
        "data_facts": dict(ready.data.facts),
        "max_length": ready.bench.max_length,
    }
    name = ready.name or _default_name(ready.data.name, ready.model.name)
    run = run_folder(ready.runs, name, ready.spec, facts)
    observer.started(
        RunFacts(
            name=run.key,
            directory=run.directory,
            model=ready.model.name,
            data_facts=data_lines(ready.data),
            spec=ready.spec,
            device=ready.bench.device.title,
            train_sentences=len(ready.bench.train),
            steps_per_epoch=-(-len(ready.bench.train) // ready.spec.batch_size),
            notes=data_warnings(ready.data, ready.bench.train.cut_sentences),
        )
    )
    engine = make_engine(ready.bench, ready.data)
    try:
        with StopRequest() as stop:
            run, result = run_once(
                run,
                engine,
                observer,
                facts=facts,
                has_test=bool(ready.data.test),
                stop=stop,
            )
    finally:
        engine.close()
    result = replace(
        result,
        warnings=data_warnings(ready.data),
        next_commands=((f"tuner diagnose {result.directory}", "what went well and what did not"),),
    )
    write_training_card(run, result, ready.model.name, ready.data)
    write_result(result)
    observer.ended(result)
    return result


def _seed(seed: int | None, recipe: RecipeLike, file: StudyFile | None) -> int:
    """Seed of the splits: the given one, else the recipe's."""
    if seed is not None:
        return seed
    if isinstance(recipe, TrialSpec):
        return recipe.seed
    return file.recipe.seed if file is not None and file.recipe is not None else SEED


def _load(
    data: str | Path | None,
    dev: str | Path | None,
    test: str | Path | None,
    data_format: str | None,
    columns: str | None,
    sample: int | None,
    seed: int,
) -> TaskData:
    if data is None:
        raise UsageError(
            "`data` is missing: what shall be trained on?",
            "Give a labelled file, a folder or a hub id.",
        )
    return load_data(
        data,
        dev=dev,
        test=test,
        seed=seed,
        data_format=data_format,
        columns=columns,
        sample=sample,
    )


def _model_name(model: str | Path | None, files: Iterable[Any]) -> str:
    for candidate in (model, *(file.model for file in files if file is not None)):
        if candidate is not None:
            return str(candidate)
    raise UsageError(
        "`--model` is missing: which pretrained encoder shall be fine-tuned?",
        "Give a folder, or a hub id such as `--model bert-base-cased`.",
    )


def _check_settings(settings: Mapping[str, Any] | None) -> None:
    if settings:
        from tuner.training.arguments import validate_settings

        validate_settings(settings)


def _default_name(data: str, model: str) -> str:
    """Join data and model to a folder's name: `fin-bert-base-cased`."""
    short = Path(model).name
    if short in {"model", "best"}:
        short = Path(model).resolve().parent.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{data}-{short}").strip("-.")[:80] or "study"


def _ended_trials(folder: StudyFolder) -> int:
    if not folder.description.is_file():
        return 0
    return sum(run.role == "search" and run.ended for run in folder.runs())
