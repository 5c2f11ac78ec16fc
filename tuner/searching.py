"""`tuner.search`: from data and a model to the best settings and the trained model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from diagnostics.settings import Settings
from tuner.choices import RecipeLike, SpaceLike, read_files
from tuner.demo import DEMO_STUDY, demo_data, demo_model
from tuner.inputs import CHECKPOINT_SECONDS, SEED, DataRequest, model_name
from tuner.silent import SilentStudy
from tuner.study_view import StudyObserver, StudySummary
from tuner.study_wishes import StudyWishes
from tuner.wished_search import (
    ModelOpening,
    StudyHome,
    check_options,
    search_as_wished,
    wished_options,
)

__all__ = ["search"]

BUDGET = ("trials", "time_budget", "confirm", "sampler", "prune", "storage", "stop_when_flat")
PLACEMENT = ("engine", "devices", "per_device", "address", "artifacts")


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
    schedule: str | None = None,
    epochs: int | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    sample: int | None = None,
    max_length: int | None = None,
    seed: int = SEED,
    sampler: str | None = None,
    prune: bool | None = None,
    stop_when_flat: bool | None = None,
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
        schedule: Course of the learning rate of all trials, one of `tuner.trial.SCHEDULES`; `trunk`
            makes each trial answer for all epoch counts. None: the recipe's, else `linear`.
        epochs: Highest epoch count of a trunk; None: that of the space.
        dev: Development file; without one (and none in `data`) it is taken out of train.
        test: Test file, read once at the very end.
        data_format: Format of `data`; None recognises it.
        columns: Columns of token and tag, such as `token=0,tag=3`.
        sample: Train on so many sentences only, for a quick look.
        max_length: Most sub-tokens of a window; longer sentences become overlapping windows.
        seed: Decides the splits, the sampler and each training.
        sampler: `gp` (the default), `tpe` or `random`.
        prune: Whether hopeless trials are stopped early (the default).
        stop_when_flat: Whether the search ends, and goes on to the further seeds, once what the
            other trials are expected to gain is below the noise of a score.
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
    said = locals()
    label, data, model, space = _with_demo(demo, data, model, space, recipe)
    files = read_files(space, recipe)
    opening = ModelOpening(model_name(model, files), device, max_length, checkpoint_every)
    options = wished_options(_some(said, BUDGET), _some(said, PLACEMENT), files, seed, device)
    check_options(options, device, settings)
    request = DataRequest(data, dev, test, data_format, columns, sample)
    past, course = _past(runs_dir, past_studies and not demo), (schedule, epochs)
    wishes = StudyWishes(space, recipe, files, tuple(also), seed, settings, past, course)
    home, watcher = StudyHome(Path(runs_dir), study, label, new), observer or SilentStudy()
    return search_as_wished(request, wishes, options, home, opening, check, watcher)


def _past(runs_dir: str | Path, wanted: bool) -> Path | None:
    return Path(runs_dir) if wanted else None


def _some(said: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: said[name] for name in names}


def _with_demo(
    demo: bool,
    data: str | Path | None,
    model: str | Path | None,
    space: SpaceLike,
    recipe: RecipeLike,
) -> tuple[str | None, str | Path | None, str | Path | None, SpaceLike]:
    """Return the study's label, data, model and space, the demo's own where none were given."""
    if not demo:
        return None, data, model, space
    label = "demo" if data is None and model is None else None
    space = space if space is not None or recipe is not None else DEMO_STUDY
    return label, data or demo_data(), model or demo_model(), space
