"""`tuner.search`: from data and a model to the best settings and the trained model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from diagnostics.settings import Settings
from tuner.choices import (
    RecipeLike,
    SpaceLike,
    StudyChoice,
    choose_options,
    choose_study,
    read_files,
)
from tuner.data import TaskData
from tuner.data_check import check_first
from tuner.demo import DEMO_STUDY, demo_data, demo_model
from tuner.engine_choice import check_engine_options, engine_options
from tuner.inputs import (
    CHECKPOINT_SECONDS,
    SEED,
    DataRequest,
    check_folder_name,
    check_settings,
    default_name,
    model_name,
)
from tuner.model_facts import ModelFacts
from tuner.opening import (
    bench_device,
    check_named_devices,
    devices_shown,
    engine_choice,
    model_facts,
    open_bench,
    training_recipe,
)
from tuner.planned_settings import plan_of, planned_recipe, planned_space, variants_of
from tuner.ready_search import (
    ReadySearch,
    left_as_found,
    prepare,
    refuse_training,
    run_ready_search,
)
from tuner.search.artifacts.url import check_artifacts
from tuner.search.folder import fresh_name
from tuner.search.past_studies import PastWinner, like_winners, past_winners
from tuner.search.plain_files import refuse_links
from tuner.search.shared.url import check_storage, chosen_storage
from tuner.silent import SilentStudy
from tuner.study import SearchOptions, StudySpec
from tuner.study_file import StudyFile
from tuner.study_plan import data_warnings
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
    artifacts: str | None = None,
    runs_dir: str | Path = "runs",
    device: str | None = None,
    engine: str | None = None,
    devices: str | Sequence[str | int] | None = None,
    per_device: int | Literal["auto"] | None = None,
    address: str | None = None,
    new: bool = False,
    settings: Mapping[str, Any] | None = None,
    checkpoint_every: float = CHECKPOINT_SECONDS,
    demo: bool = False,
    past_studies: bool = True,
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
        artifacts: URL under which models and checkpoints are kept; None: the study's folder.
        runs_dir: Where all results are kept.
        device: `cpu`, `mps`, `cuda` or `cuda:N`; None: the best there is.
        engine: What runs the trainings: `in-process`, `workers` or `ray`; None: workers where there
            are several GPUs or several trainings per device, else this process.
        devices: Devices to spread the trainings over: `0,1`, `cuda:0`, `cpu`, or `all`; None: all
            that the engine finds.
        per_device: Trainings side by side on one device; `auto`: as many as fit and pay; None: one.
        address: Address of a Ray cluster: `ray://host:10001`, `auto` or `local`.
        new: Start another study beside an existing one of the same name.
        settings: Further transformers `TrainingArguments`, for every trial.
        checkpoint_every: Least seconds between checkpoints, which are taken at ends of epochs.
        demo: Use the sample data and the small encoder of the extra `demo`.
        past_studies: Whether winners of finished studies in `runs_dir`, of a like model on like but
            other data, are tried right after the recipe; not where a study file has start points.
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
    opening = _Opening(model_name(model, files), device, max_length, checkpoint_every)
    budget = {"trials": trials, "time_budget": time_budget, "confirm": confirm}
    policy = {"sampler": sampler, "prune": prune, "storage": storage}
    placement = {"engine": engine, "devices": devices, "per_device": per_device}
    places = {"address": address, "artifacts": artifacts}
    options = _choose_options({**budget, **policy}, {**placement, **places}, files, seed, device)
    _check_options(options, device, settings)
    request = DataRequest(data, dev, test, data_format, columns, sample)
    past = Path(runs_dir) if past_studies and not demo else None
    wishes = StudyWishes(space, recipe, files, tuple(also), seed, settings, past)
    home = _Home(Path(runs_dir), study, label, new)
    return _search(request, wishes, options, home, opening, check, observer or SilentStudy())


@dataclass(frozen=True, slots=True)
class _Opening:
    """How model and data are opened."""

    model: str
    device: str | None
    max_length: int | None
    checkpoint_every: float


@dataclass(frozen=True, slots=True)
class _Home:
    """Where the study lives: its name as the user said it, or a label, else one is made."""

    runs: Path
    study: str | None
    label: str | None
    new: bool

    def directory(self, usual: str) -> Path:
        """Return the study's folder."""
        name = check_folder_name("study", self.study) if self.study is not None else self.label
        return _directory(self.runs, name or usual, new=self.new)


def _search(
    request: DataRequest,
    wishes: StudyWishes,
    options: SearchOptions,
    home: _Home,
    opening: _Opening,
    check: bool | Settings,
    observer: StudyObserver,
) -> StudySummary:
    model, device, length, every = astuple(opening)
    check_named_devices(options)
    loaded = request.load(wishes.seed)
    checked = check_first(request, check, seed=wishes.seed, **wishes.planned)
    directory = home.directory(default_name(loaded.name, model))
    _check_places(directory, options)
    with left_as_found(directory), devices_shown(engine_choice(options, device)) as choice:
        bench = open_bench(loaded, model, bench_device(choice), length, directory, every)
        study = _study_choice(wishes, loaded, bench)
        ready = ReadySearch(
            spec=_study_spec(directory.name, study, options, loaded, bench),
            directory=directory,
            data=loaded,
            bench=bench,
            recipe=training_recipe(loaded, model, length, directory, every),
            choice=choice,
            checked=checked,
            notes=() if (directory / "study.json").exists() else study.notes,
        )
        return run_ready_search(ready, prepare(ready), observer)


def _choose_options(
    budget: dict[str, Any],
    placement: dict[str, Any],
    files: tuple[StudyFile | None, StudyFile | None],
    seed: int,
    device: str | None,
) -> SearchOptions:
    budget["storage"] = chosen_storage(budget["storage"])
    return choose_options({**budget, **engine_options(**placement)}, files, seed, device)


def _check_options(
    options: SearchOptions, device: str | None, settings: Mapping[str, Any] | None
) -> None:
    """Refuse what can be seen to be wrong before any data is read."""
    check_engine_options(options, device)
    check_storage(options.storage)
    check_settings(settings)


def _check_places(directory: Path, options: SearchOptions) -> None:
    """Refuse folders and places that a study cannot use, before anything is created."""
    refuse_training(directory)
    refuse_links(directory)
    check_artifacts(options.artifacts, directory)


def _directory(runs: Path, name: str, *, new: bool) -> Path:
    return runs / (fresh_name(runs, name) if new else name)


def _demo_space(space: SpaceLike, recipe: RecipeLike) -> SpaceLike:
    return space if space is not None or recipe is not None else DEMO_STUDY


@dataclass(frozen=True, slots=True)
class StudyWishes:
    """What the user said about space and recipe; see `tuner.choices.choose_study`.

    `past` is the folder of the studies to learn from, or None.
    """

    space: SpaceLike
    recipe: RecipeLike
    files: tuple[StudyFile | None, StudyFile | None]
    also: tuple[str, ...]
    seed: int
    settings: Mapping[str, Any] | None
    past: Path | None

    @property
    def planned(self) -> dict[str, Any]:
        """Plan and variants for the check of the data, as far as the user chose them."""
        space_file, recipe_file = self.files
        recipe = planned_recipe(self.recipe, recipe_file, space_file)
        space = planned_space(self.space, space_file, recipe_file)
        return {"plan": plan_of(recipe, self.settings or {}), "variants": variants_of(space)}

    def past_winners(
        self, model: ModelFacts, data: TaskData, sentences: int
    ) -> tuple[PastWinner, ...]:
        """Return what won like studies, the likest first."""
        found = past_winners(self.past) if self.past is not None else ()
        return like_winners(found, model, data.fingerprint, sentences)


def _study_choice(wishes: StudyWishes, data: TaskData, bench: Workbench) -> StudyChoice:
    model = model_facts(bench)
    return choose_study(
        model,
        len(bench.train),
        space=wishes.space,
        recipe=wishes.recipe,
        files=wishes.files,
        also=wishes.also,
        seed=wishes.seed,
        settings=wishes.settings,
        past=wishes.past_winners(model, data, len(bench.train)),
    )


def _study_spec(
    name: str, choice: StudyChoice, options: SearchOptions, data: TaskData, bench: Workbench
) -> StudySpec:
    return StudySpec(
        name=name,
        space=choice.space,
        recipe=choice.recipe,
        start_points=choice.start_points,
        options=options,
        model=model_facts(bench),
        data_source=data.source,
        data_fingerprint=data.fingerprint,
        data_facts=data.facts,
        has_test=bool(data.test),
        training={"max_length": bench.max_length},
        warnings=data_warnings(data, trials=options.trials),
    )
