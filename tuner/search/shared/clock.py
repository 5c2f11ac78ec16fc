"""The time spent on a study that several processes share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tuner.search.budget import StudyClock
from tuner.search.folder import StudyFolder

__all__ = ["SharedClock"]


class SharedClock(StudyClock):
    """Counts the seconds in which anybody worked on a study, not the sum over processes.

    Each process publishes what it counts; whoever counts less catches up. So a process that joins
    after an hour knows that an hour is gone, two that work side by side use up the budget once, and
    a night in which nobody works costs nothing. No clock of one machine is compared with another's.

    Args:
        folder: The study's folder; other processes may use it too.
        process: Name of this process.
        now: Seconds on a clock that never goes back.
    """

    def __init__(self, folder: StudyFolder, process: str, now: Callable[[], float]) -> None:
        super().__init__(folder.clock, now)
        self._common: Path = folder.clock
        self._path = folder.path / "processes" / f"{process}.clock.json"

    def catch_up(self, seconds: float) -> None:
        """Take over the time that another process counts, if it is more."""
        self._before += max(0.0, seconds - self.elapsed)

    def save(self) -> None:
        """Remember the seconds spent so far, without disturbing others that do the same."""
        super().save()
        self._path.replace(self._common)
