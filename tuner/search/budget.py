"""The time spent on a study, counted over all restarts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.documents import read_json, write_json

__all__ = ["StudyClock"]

SECONDS_BETWEEN = 1.0


class StudyClock:
    """Counts the seconds that a study has been worked on.

    Args:
        path: File that remembers the seconds of earlier sessions; a crash loses those since the
            last `save` that wrote it.
        now: Seconds on a clock that never goes back.
    """

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._before = _seconds(path)
        self._start = now()
        self._saved = -SECONDS_BETWEEN

    @property
    def elapsed(self) -> float:
        """Seconds spent on the study, earlier sessions included."""
        return self._before + max(0.0, self._now() - self._start)

    def save(self) -> None:
        """Remember the seconds spent so far."""
        self._saved = self.elapsed
        write_json(self._path, {"seconds": self.elapsed}, durable=False)

    def save_regularly(self) -> None:
        """Remember the seconds spent so far, if the last time is `SECONDS_BETWEEN` ago."""
        if self.elapsed >= self._saved + SECONDS_BETWEEN:
            self.save()


def _seconds(path: Path) -> float:
    """Return the seconds that a file remembers; 0 when the machine crashed while writing it."""
    try:
        return float((read_json(path) or {}).get("seconds", 0.0))
    except (StudyError, TypeError, ValueError, AttributeError):
        return 0.0
