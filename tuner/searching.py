"""`tuner.search`: from data and a model to the best settings and the trained model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnostics.judgement import Checkup
from diagnostics.settings import Settings
from diagnostics.subjects.dataset import Dataset
from tuner.cards import write_study_card
from tuner.choices import RecipeLike, SpaceLike, choose_options, choose_study, read_files
from tuner.data import TaskData
from tuner.data_check import check_first, keep_check
from tuner.demo import DEMO_STUDY, demo_data, demo_model
from tuner.errors import StudyError
from tuner.inputs import (
    CHECKPOINT_SECONDS,
    SEED,
    DataRequest,
    check_folder_name,
    check_settings,
    default_name,
    model_name,
)
from tuner.opening import check_trainable, make_engine, model_facts, open_bench
from tuner.planned_settings import plan_of, planned_recipe, planned_space, variants_of
from tuner.search.folder import StudyFolder, default_environment, fresh_name
from tuner.search.interrupt import StopRequest
from tuner.search.loop import refuse_another_study, run_search
from tuner.silent import SilentStudy
from tuner.study import SearchOptions, StudySpec
from tuner.study_file import StudyFile
from tuner.study_plan import data_warnings, study_plan
from tuner.study_view import StudyObserver, StudySummary

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["search"]


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
    check: bool | Settings = True,
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
        check: Whether to check the data first, as `tuner check` does; a project's settings, from
            `diagnostics.settings.find_settings`, say by which rules.
        observer: Who watches, such as `tuner.display.make_observer("auto")`; None: nobody.

    Returns:
        The answer with its uncertainty, all trials, and where the model is.

    Raises:
        UsageError: An argument, a space or a study file cannot be right.
        DataError: The data cannot be read or holds nothing to learn from.
        DataCheckError: The check of the data found errors.
        ModelError: The model cannot be found, read or used.
        StudyError: The study's folder cannot be used, or holds another study.
    """
    label = "demo" if demo and data is None and model is None else None
    if demo:
        data, model, space = data or demo_data(), model or demo_model(), _demo_space(space, recipe)
    files = read_files(space, recipe)
    model = model_name(model, files)
    budget = {"trials": trials, "time_budget": time_budget, "confirm": confirm}
    policy = {"sampler": sampler, "prune": prune, "storage": storage}
    options = choose_options({**budget, **policy}, files, seed)
    check_settings(settings)
    request = DataRequest(data, dev, test, data_format, columns, sample)
    loaded = request.load(seed)
    wishes = StudyWishes(space, recipe, files, tuple(also), seed, settings)
    checked = check_first(request, check, seed=seed, **wishes.planned)
    name = check_folder_name("study", study) if study is not None else label
    directory = _directory(Path(runs_dir), name or default_name(loaded.name, model), new=new)
    _refuse_training(directory)
    bench = open_bench(loaded, model, device, max_length, directory, checkpoint_every)
    spec = _study_spec(directory.name, wishes, options, loaded, bench)
    return _run_study(_Search(spec, directory, loaded, bench, checked), observer or SilentStudy())


def _directory(runs: Path, name: str, *, new: bool) -> Path:
    return runs / (fresh_name(runs, name) if new else name)


def _demo_space(space: SpaceLike, recipe: RecipeLike) -> SpaceLike:
    return space if space is not None or recipe is not None else DEMO_STUDY


@dataclass(frozen=True, slots=True)
class StudyWishes:
    """What the user said about space and recipe; see `tuner.choices.choose_study`."""

    space: SpaceLike
    recipe: RecipeLike
    files: tuple[StudyFile | None, StudyFile | None]
    also: tuple[str, ...]
    seed: int
    settings: Mapping[str, Any] | None

    @property
    def planned(self) -> dict[str, Any]:
        """Plan and variants for the check of the data, as far as the user chose them."""
        space_file, recipe_file = self.files
        recipe = planned_recipe(self.recipe, recipe_file, space_file)
        space = planned_space(self.space, space_file, recipe_file)
        return {"plan": plan_of(recipe, self.settings or {}), "variants": variants_of(space)}


def _study_spec(
    name: str, wishes: StudyWishes, options: SearchOptions, data: TaskData, bench: Workbench
) -> StudySpec:
    model = model_facts(bench)
    choice = choose_study(
        model,
        len(bench.train),
        space=wishes.space,
        recipe=wishes.recipe,
        files=wishes.files,
        also=wishes.also,
        seed=wishes.seed,
        settings=wishes.settings,
    )
    return StudySpec(
        name=name,
        space=choice.space,
        recipe=choice.recipe,
        start_points=choice.start_points,
        options=options,
        model=model,
        data_source=data.source,
        data_fingerprint=data.fingerprint,
        data_facts=data.facts,
        has_test=bool(data.test),
        training={"max_length": bench.max_length},
        warnings=data_warnings(data),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """A search that is ready to begin."""

    spec: StudySpec
    directory: Path
    data: TaskData
    bench: Workbench
    checked: Checkup[Dataset] | None


def _run_study(ready: _Search, observer: StudyObserver) -> StudySummary:
    from tuner.training.probe import probe

    folder = StudyFolder(ready.directory)
    check_trainable(ready.bench, ready.spec.recipe)
    _prepare_folder(folder, ready.spec)
    keep_check(ready.checked, ready.directory)
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
            checked=ready.checked,
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


def _refuse_training(directory: Path) -> None:
    """Refuse a folder in which `tuner train` has worked.

    Raises:
        StudyError: It holds a single training.
    """
    if (directory / "config.json").is_file():
        raise StudyError(
            f"`{directory}` holds a single training, not a study.",
            "Choose another name with --study.",
        )


def _prepare_folder(folder: StudyFolder, spec: StudySpec) -> None:
    """Make the folder of a study, or refuse it, before anything is shown or trained.

    Raises:
        StudyError: It holds another study, or cannot be written.
    """
    found = folder.read_description()
    if found is not None:
        refuse_another_study(found[0], spec)
    folder.create()


def _ended_trials(folder: StudyFolder) -> int:
    if not folder.description.is_file():
        return 0
    return sum(run.role == "search" and run.ended for run in folder.runs())
