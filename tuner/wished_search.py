"""From what a user said to a running search: checked, opened, planned, run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from diagnostics.settings import Settings
from tuner.choices import choose_options
from tuner.data_check import check_first
from tuner.engine_choice import check_engine_options, engine_options
from tuner.inputs import DataRequest, check_folder_name, check_settings, default_name
from tuner.opening import (
    bench_device,
    check_named_devices,
    devices_shown,
    engine_choice,
    open_bench,
    training_recipe,
)
from tuner.ready_search import (
    ReadySearch,
    left_as_found,
    prepare,
    refuse_training,
    run_ready_search,
)
from tuner.search.artifacts.url import check_artifacts
from tuner.search.folder import fresh_name
from tuner.search.plain_files import refuse_links
from tuner.search.shared.url import check_storage, chosen_storage
from tuner.study import SearchOptions
from tuner.study_file import StudyFile
from tuner.study_view import StudyObserver, StudySummary
from tuner.study_wishes import StudyWishes, study_choice, study_spec

__all__ = ["ModelOpening", "StudyHome", "check_options", "search_as_wished", "wished_options"]


@dataclass(frozen=True, slots=True)
class ModelOpening:
    """How model and data are opened."""

    model: str
    device: str | None
    max_length: int | None
    checkpoint_every: float


@dataclass(frozen=True, slots=True)
class StudyHome:
    """Where the study lives: its name as the user said it, or a label, else one is made."""

    runs: Path
    study: str | None
    label: str | None
    new: bool

    def directory(self, usual: str) -> Path:
        """Return the study's folder."""
        name = check_folder_name("study", self.study) if self.study is not None else self.label
        return _directory(self.runs, name or usual, new=self.new)


def search_as_wished(
    request: DataRequest,
    wishes: StudyWishes,
    options: SearchOptions,
    home: StudyHome,
    opening: ModelOpening,
    check: bool | Settings,
    observer: StudyObserver,
) -> StudySummary:
    """Check, open and run a search.

    Args:
        request: The data.
        wishes: Space and recipe, as far as the user said.
        options: How much is searched, and how.
        home: Where the study lives.
        opening: How model and data are opened.
        check: Whether the data is checked first, or by which settings.
        observer: Who watches.

    Raises:
        TunerError: Data, model, device, folder or place cannot be used; see `tuner.search`.
    """
    model, device, length, every = astuple(opening)
    check_named_devices(options)
    loaded = request.load(wishes.seed)
    checked = check_first(request, check, seed=wishes.seed, **wishes.planned)
    directory = home.directory(default_name(loaded.name, model))
    _check_places(directory, options)
    with left_as_found(directory), devices_shown(engine_choice(options, device)) as choice:
        bench = open_bench(loaded, model, bench_device(choice), length, directory, every)
        study = study_choice(wishes, loaded, bench)
        ready = ReadySearch(
            spec=study_spec(directory.name, study, options, loaded, bench),
            directory=directory,
            data=loaded,
            bench=bench,
            recipe=training_recipe(loaded, model, length, directory, every),
            choice=choice,
            checked=checked,
            notes=() if (directory / "study.json").exists() else study.notes,
        )
        return run_ready_search(ready, prepare(ready), observer)


def wished_options(
    budget: dict[str, Any],
    placement: dict[str, Any],
    files: tuple[StudyFile | None, StudyFile | None],
    seed: int,
    device: str | None,
) -> SearchOptions:
    """Return the options that hold, where user, environment, study files and defaults differ.

    Args:
        budget: Trials, time, further seeds and what decides them; None where nothing was said.
        placement: Engine, devices and places, as given.
        files: The study files of space and recipe.
        seed: The seed.
        device: The device, as given.

    Raises:
        UsageError: An option cannot be right.
    """
    budget["storage"] = chosen_storage(budget["storage"])
    return choose_options({**budget, **engine_options(**placement)}, files, seed, device)


def check_options(
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
