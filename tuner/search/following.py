"""A study followed from its folder alone, by a process that has no part in it.

A look reads what changed since the last one: trainings that ended are never read again, and others
only when the size or the time of one of their files is another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.budget import StudyClock
from tuner.search.conclusion import read_summary
from tuner.search.folder import StudyFolder
from tuner.search.ledger import Ledger
from tuner.search.progress import Progress, progress_path, read_progress
from tuner.search.quote import quoted_seconds
from tuner.search.record import RUN_FILES, read_run
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec
from tuner.study_view import Phase, StudySnapshot, StudySummary, TrialRow
from tuner.trial import TrialState

__all__ = ["Sight", "StudyFollower", "news"]

Signature = tuple[tuple[int, int], ...]

LONGEST_GAP = 5.0
"""Most seconds that the loop's own figures are taken to be old: it writes them every second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look at a study showed.

    Attributes:
        snapshot: How it stands.
        is_running: Whether a process works on it.
        changed: When a file of it changed last, in seconds since 1970; None when nobody knows.
        note: The loop's last event, in one line; may be empty.
        summary: The answer of a study that has ended and that nobody works on; else None.
    """

    snapshot: StudySnapshot
    is_running: bool
    changed: float | None
    note: str
    summary: StudySummary | None


class StudyFollower:
    """Looks at a study's folder again and again.

    Args:
        directory: Folder of the study.
        now: Seconds since 1970.
    """

    def __init__(self, directory: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = StudyFolder(directory)
        self._now = now
        self._ledger = Ledger()
        self._signatures: dict[Path, Signature] = {}
        self._runs: dict[Path, RunRecord] = {}
        self._described: tuple[Signature, StudySpec] | None = None

    def look(self) -> Sight:
        """Return how the study stands now.

        Raises:
            StudyError: The folder holds no study any more, or one of its files cannot be read.
        """
        spec = self._spec()
        is_running = self._folder.is_locked
        for directory in self._directories():
            self._look_at(directory, is_running=is_running)
        progress = (read_progress(self._folder.path) if is_running else None) or Progress()
        summary = None if is_running else read_summary(self._folder)
        if summary is not None and summary.status == "interrupted":
            summary = None
        return Sight(
            snapshot=self._snapshot(spec, progress, is_running=is_running),
            is_running=is_running,
            changed=self._changed(),
            note=progress.note,
            summary=summary,
        )

    def _spec(self) -> StudySpec:
        signature = _signature(self._folder.description)
        if self._described is None or self._described[0] != signature:
            found = self._folder.read_description()
            if found is None:
                raise StudyError(
                    f"`{self._folder.path}` holds no study any more.",
                    "`tuner show` lists the studies there are.",
                )
            self._described = signature, found[0]
        return self._described[1]

    def _directories(self) -> Iterator[Path]:
        """Yield the folders of all trainings; one that was taken over comes after the first."""
        path = self._folder.path
        yield from _folders(path / "trials")
        yield from _folders(path / "confirm")
        for attempt in sorted(_folders(path / "attempts"), key=lambda one: len(one.name)):
            yield from _folders(attempt)

    def _look_at(self, directory: Path, *, is_running: bool) -> None:
        known = self._runs.get(directory)
        if known is None or not known.ended:
            signature = _signature(*(directory / name for name in RUN_FILES))
            if signature != self._signatures.get(directory):
                known = read_run(directory)
                self._signatures[directory] = signature
        if known is None:
            return
        self._runs[directory] = known
        if known.state is TrialState.RUNNING and not is_running:
            known = replace(known, state=TrialState.INTERRUPTED)
        if self._ledger.get(known.key) != known:
            self._ledger.put(known)

    def _snapshot(self, spec: StudySpec, progress: Progress, *, is_running: bool) -> StudySnapshot:
        leading = self._ledger.leading()
        phase: Phase = progress.phase if is_running else "idle"
        return StudySnapshot(
            name=spec.name,
            phase=phase,
            trials=spec.options.trials,
            finished=self._ledger.ended,
            rows=self._rows(progress),
            best_key=None if leading is None else leading.key,
            elapsed=self._elapsed(progress, is_running=is_running),
            remaining=progress.remaining,
            epochs_saved=self._ledger.epochs_saved,
            quoted=quoted_seconds(self._folder.path, spec),
        )

    def _rows(self, progress: Progress) -> tuple[TrialRow, ...]:
        """Return the table; which trainings are still being loaded is known to the loop alone."""
        rows = self._ledger.rows(progress.trained)
        if not progress.loading:
            return rows
        return tuple(
            replace(row, loading=row.state is TrialState.RUNNING and row.key in progress.loading)
            for row in rows
        )

    def _elapsed(self, progress: Progress, *, is_running: bool) -> float:
        saved = StudyClock(self._folder.clock, lambda: 0.0).elapsed
        written = _time_of(progress_path(self._folder.path))
        if not is_running or written is None:
            return saved
        return progress.elapsed + min(max(self._now() - written, 0.0), LONGEST_GAP)

    def _changed(self) -> float | None:
        """Return when the newest file was written that a working loop writes."""
        newest = max((entry[0] for one in self._signatures.values() for entry in one), default=0)
        written = _time_of(progress_path(self._folder.path))
        times = [newest / 1e9 if newest else None, written, _time_of(self._folder.clock)]
        return max((one for one in times if one is not None), default=None)


def news(before: StudySnapshot, after: StudySnapshot) -> tuple[str, ...]:
    """Say what happened between two looks, one line per event, as the loop itself would."""
    earlier = {row.key: row for row in before.rows}
    lines: list[str] = []
    for row in after.rows:
        lines += _changes(earlier.get(row.key), row)
    return tuple(lines)


def _changes(before: TrialRow | None, after: TrialRow) -> Iterator[str]:
    was_running = before is not None and before.state is TrialState.RUNNING
    is_running = after.state is TrialState.RUNNING
    score = "" if after.score is None else f", best F1 {after.score:.4f}"
    if is_running and not was_running:
        yield f"{after.key} {'starts' if before is None else 'goes on'}"
    if is_running and after.epoch > (before.epoch if before is not None else 0):
        yield f"{after.key} epoch {after.epoch}/{after.spec.epochs}{score}"
    if not is_running and (before is None or before.state is not after.state):
        reason = after.note.removeprefix(f"{after.state.value}: ")
        yield f"{after.key} {after.state.value}{score}{': ' * bool(reason)}{reason}"


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []


def _signature(*paths: Path) -> Signature:
    """Return time and size of files; zeros for one that is not there."""
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def _time_of(path: Path) -> float | None:
    written = _signature(path)[0][0]
    return written / 1e9 if written else None
