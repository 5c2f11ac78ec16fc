"""One small study, really trained, that several tests look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tuner.trainings import StudyWatcher
    from tuner.study_view import StudySummary


@dataclass(frozen=True)
class Searched:
    """A finished study; tests that go on with it copy its folder first.

    Attributes:
        runs: Folder of all results.
        summary: What `search` returned.
        watcher: What it showed.
    """

    runs: Path
    summary: StudySummary
    watcher: StudyWatcher


@pytest.fixture(scope="session")
def searched(
    easy_data: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Searched:
    """Four trials on the easy data, the contenders confirmed with one more seed."""
    import tuner
    from tests.tuner.trainings import RECIPE, SPACE, StudyWatcher

    runs = tmp_path_factory.mktemp("runs")
    watcher = StudyWatcher()
    summary = tuner.search(
        easy_data,
        model=tiny_model,
        trials=4,
        confirm=1,
        space=SPACE,
        recipe=RECIPE,
        study="easy",
        runs_dir=runs,
        device="cpu",
        observer=watcher,
    )
    return Searched(runs, summary, watcher)
