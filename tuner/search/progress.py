"""What the loop knows beside its records, for whoever watches from another terminal.

`progress.json` in the study's folder is written about once a second while trainings run. Nothing
depends on it: it may be lost, late or unwritable.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.documents import read_json, write_json
from tuner.study_view import Phase, StudySnapshot
from tuner.values import from_plain

__all__ = ["Progress", "ProgressFile", "progress_path", "read_progress"]

FILE = "progress.json"
SECONDS_BETWEEN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a study stands, as far as its other files do not tell.

    Attributes:
        phase: What is going on.
        elapsed: Seconds spent on the study.
        remaining: Expected seconds to the end, or None.
        note: The last event, in one line.
        trained: Key of a running training to the epochs it trained, the running one as a fraction.
        loading: Keys of the running trainings for which model and data are still loaded.
    """

    phase: Phase = "search"
    elapsed: float = 0.0
    remaining: float | None = None
    note: str = ""
    trained: Mapping[str, float] = field(default_factory=dict)
    loading: tuple[str, ...] = ()


class ProgressFile:
    """Writes a study's progress, at most once a second.

    Args:
        folder: Folder of the study.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = progress_path(folder)
        self._clock = clock
        self._written = -SECONDS_BETWEEN
        self._note = ""

    def show(self, snapshot: StudySnapshot, note: str = "") -> None:
        """Take over the newest figures; a file that cannot be written is left as it is."""
        self._note = note or self._note
        if self._clock() - self._written < SECONDS_BETWEEN:
            return
        self._written = self._clock()
        progress = Progress(
            phase=snapshot.phase,
            elapsed=snapshot.elapsed,
            remaining=snapshot.remaining,
            note=self._note,
            trained={row.key: row.trained for row in snapshot.rows if row.trained},
            loading=tuple(row.key for row in snapshot.rows if row.loading),
        )
        with contextlib.suppress(StudyError):
            write_json(self._path, progress, durable=False)


def progress_path(folder: Path) -> Path:
    """Return the place of the file in a study's folder."""
    return folder / FILE


def read_progress(folder: Path) -> Progress | None:
    """Return the progress of a study; None without the file, or when it cannot be read."""
    try:
        data = read_json(progress_path(folder))
        return None if data is None else from_plain(Progress, data)
    except (StudyError, TypeError, ValueError, AttributeError):
        return None
