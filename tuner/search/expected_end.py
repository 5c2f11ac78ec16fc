"""What a training that was stopped would have reached, by those that went on.

A sampler that is told the score so far of a stopped training beside the scores of finished ones
takes its region for worse than it is.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tuner.search.curves import Curve, best_at

__all__ = ["ExpectedEnds"]

LEAST_FINISHED = 2

LEVEL_VARIANCE = 0.01**2
"""Added to the squared deviations of the levels: a point of F1, squared. Levels that differ by
less are level by chance, and set no slope."""


class ExpectedEnds:
    """Expects the ends of stopped trainings; what was read off a curve is remembered."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, float], float | None] = {}

    def rise(self, stopped: Curve, finished: Sequence[Curve]) -> float:
        """Return the F1 that a stopped training would still have gained.

        The best F1 of finished trainings at the end is fitted by a straight line on their best F1
        at the same share of the plan, and read at the stopped one's. The slope lies between 0 and
        1: ends scatter no more than what came before. The end is no better than the median of the
        others, because a training that might be was not stopped.

        Args:
            stopped: The stopped training.
            finished: Trainings that finished, of any schedule; those of the same shape count.

        Returns:
            At least 0, and 0 with fewer than two trainings to compare with.
        """
        progress, pairs = stopped.progress, []
        for curve in finished:
            if curve.schedule == stopped.schedule:
                level = self._level(curve, progress)
                if level is not None:
                    pairs.append((level, curve.best))
        if len(pairs) < LEAST_FINISHED:
            return 0.0
        expected = _on_line(pairs, stopped.best)
        return max(0.0, min(expected, statistics.median(end for _, end in pairs)) - stopped.best)

    def _level(self, curve: Curve, progress: float) -> float | None:
        known = curve.key, progress
        if known not in self._levels:
            self._levels[known] = best_at(curve, progress)
        return self._levels[known]


def _on_line(pairs: Sequence[tuple[float, float]], level: float) -> float:
    """Read a least-squares line through (level, end) at a level."""
    mean_level = statistics.fmean(level for level, _ in pairs)
    mean_end = statistics.fmean(end for _, end in pairs)
    scatter = sum((one - mean_level) ** 2 for one, _ in pairs) + LEVEL_VARIANCE
    slope = sum((one - mean_level) * (end - mean_end) for one, end in pairs) / scatter
    return mean_end + min(max(slope, 0.0), 1.0) * (level - mean_level)
