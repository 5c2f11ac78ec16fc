"""How the best score of a search grew: over seconds, and over tokens trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "Point",
    "Trace",
    "best_by",
    "by_seconds",
    "by_tokens",
    "cost_of",
    "points_within",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One moment of a search, at the end of an evaluation.

    Attributes:
        seconds: Since the start.
        tokens: Real sub-tokens trained on so far, in all trials.
        f1: Best development F1 of any evaluation so far.
    """

    seconds: float
    tokens: int
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One search.

    Attributes:
        arm: Who searched.
        seed: Seed of the search.
        points: In the order of time, within the budget.
        trials: Trials begun within the budget.
        handed_over: Development F1 of the trial that the search names as its best, which is what
            its user goes on with; None when it named none.
        data: What the data set is called.
    """

    arm: str
    seed: int
    points: tuple[Point, ...]
    trials: int
    handed_over: float | None
    data: str = ""

    @property
    def final(self) -> float:
        """Best F1 of the whole search; 0 when nothing was evaluated."""
        return self.points[-1].f1 if self.points else 0.0


def points_within(
    evaluations: Iterable[tuple[float, int, float]], budget: float
) -> tuple[Point, ...]:
    """Turn evaluations into points.

    Args:
        evaluations: (seconds, tokens so far, F1) in the order of time.
        budget: Seconds after which nothing counts.
    """
    points: list[Point] = []
    best = 0.0
    for seconds, tokens, f1 in evaluations:
        if seconds > budget:
            break
        best = max(best, f1)
        points.append(Point(seconds=seconds, tokens=tokens, f1=best))
    return tuple(points)


def best_by(trace: Trace, cost: Callable[[Point], float], limit: float) -> float:
    """Best F1 that had been seen at a cost; 0 before the first evaluation."""
    return max((point.f1 for point in trace.points if cost(point) <= limit), default=0.0)


def cost_of(points: Sequence[Point], cost: Callable[[Point], float], f1: float) -> float | None:
    """Cost at which an F1 was first reached; None when it never was."""
    return next((cost(point) for point in points if point.f1 >= f1), None)


def by_seconds(point: Point) -> float:
    """Cost of a point in time."""
    return point.seconds


def by_tokens(point: Point) -> float:
    """Cost of a point in tokens trained."""
    return point.tokens
