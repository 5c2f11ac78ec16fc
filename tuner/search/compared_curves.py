"""The curves that a training is compared with: sorted levels for each share of a plan.

Every epoch is compared with all trials, so what a comparison needs is kept from one to the next:
it does not cost more with every trial.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tuner.search.curves import Curve, best_at
from tuner.trial import TrialState

__all__ = ["MOST_NAMED", "ComparedCurves", "Comparison"]

MOST_NAMED = 50
"""Trainings that an advice names; in a study of thousands its events would fill the disk."""

_COMPARABLE = (TrialState.FINISHED, TrialState.PRUNED)


@dataclass(slots=True, kw_only=True)
class Comparison:
    """How other trainings stood at one share of their plans.

    Attributes:
        levels: The best F1 that each had reached there, rising; 8 bytes each.
        highest: The best F1 that any of them reached in the end.
        leading: Level and key of the best of them, at most `MOST_NAMED`, rising.
    """

    levels: array[float] = field(default_factory=lambda: array("d"))
    highest: float = 0.0
    leading: list[tuple[float, str]] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the trainings; of very many, of the best."""
        return tuple(sorted(key for _, key in self.leading))

    def add(self, curve: Curve, level: float) -> None:
        """Take in a training that stood at a level there."""
        bisect.insort(self.levels, level)
        self.highest = max(self.highest, curve.best)
        bisect.insort(self.leading, (level, curve.key))
        if len(self.leading) > MOST_NAMED:
            del self.leading[0]


class ComparedCurves:
    """Curves of trainings that ended well or were pruned; all others are left out.

    Args:
        curves: Returns all of them; asked again whenever a new share of a plan is looked at.
    """

    def __init__(self, curves: Callable[[], Iterable[Curve]]) -> None:
        self._curves = curves
        self._comparisons: dict[tuple[str, float], Comparison] = {}

    @classmethod
    def of(cls, curves: Sequence[Curve]) -> ComparedCurves:
        """Return those of a fixed set."""
        return cls(lambda: curves)

    def at(self, schedule: str, progress: float) -> Comparison:
        """Return how the trainings of a schedule's shape stood at a share of their plans."""
        known = self._comparisons.get((schedule, progress))
        if known is None:
            known = self._comparisons[schedule, progress] = Comparison()
            for curve in self._curves():
                _add(known, curve, schedule, progress)
        return known

    def put(self, earlier: Curve | None, curve: Curve) -> None:
        """Take note of a change; `curves` already returns the new one.

        Args:
            earlier: The training as it was known before; None: not at all.
            curve: As it is known now.
        """
        if curve == earlier:
            return
        if earlier is not None and earlier.state in _COMPARABLE:
            self._comparisons.clear()  # made anew when they are asked for
            return
        for (schedule, progress), comparison in self._comparisons.items():
            _add(comparison, curve, schedule, progress)


def _add(comparison: Comparison, curve: Curve, schedule: str, progress: float) -> None:
    if curve.schedule != schedule or curve.state not in _COMPARABLE:
        return
    level = best_at(curve, progress)
    if level is not None:
        comparison.add(curve, level)
