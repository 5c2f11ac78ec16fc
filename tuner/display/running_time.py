"""How long trainings have gone on since their last report, which comes once an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tuner.study_view import TrialRow
from tuner.trial import TrialState

__all__ = ["RunningTime"]


class RunningTime:
    """Adds to the time of every running training what went by since its last report.

    A training is timed anew when it takes its first step: before that it may have waited for its
    worker to load the model.
    """

    def __init__(self) -> None:
        self._reported: dict[str, tuple[float, bool]] = {}
        self._since: dict[str, float] = {}

    def added(self, rows: Sequence[TrialRow], now: float) -> tuple[TrialRow, ...]:
        """Return the rows with the time that they have taken until now.

        Args:
            rows: The rows as reported.
            now: Seconds on a clock that never goes back.
        """
        running = {
            row.key: (row.seconds, row.trained > 0)
            for row in rows
            if row.state is TrialState.RUNNING
        }
        self._since = {
            key: self._since[key] if self._reported.get(key) == report else now
            for key, report in running.items()
        }
        self._reported = running
        return tuple(
            replace(row, seconds=row.seconds + now - self._since[row.key])
            if row.key in running
            else row
            for row in rows
        )
