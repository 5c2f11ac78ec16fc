"""How unsteady a series is: turning points, reversals, autocorrelation and spikes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby, pairwise
from statistics import fmean, median

__all__ = ["Spike", "lag_one_autocorrelation", "reversals", "spikes", "turning_points_p"]

WINDOW = 21
"""Points before a value from which its median and spread are taken; odd, so a median is a point."""

MODIFIED_Z = 6.0
"""Modified z-score (0.6745 times the distance in median absolute deviations) of a spike. Iglewicz
and Hoaglin call 3.5 an outlier; 6 leaves the heavy tail of ordinary batch losses alone."""

_LONGEST = 60

Spike = tuple[int, float]
"""Position in the series, and the median before it."""


@cache
def _orders_by_runs(size: int) -> tuple[int, ...]:
    """Return how many permutations of `size` items have 0, 1, 2, ... alternating runs.

    André's recurrence: R(n, k) = k R(n-1, k) + 2 R(n-1, k-1) + (n-k) R(n-1, k-2).
    """
    counts = [0, 2]
    for length in range(3, size + 1):
        before = [*counts, 0]
        counts = [0] * length
        for runs in range(1, length):
            counts[runs] = (
                runs * before[runs]
                + 2 * before[runs - 1]
                + (length - runs) * (before[runs - 2] if runs > 1 else 0)
            )
    return tuple(counts)


def turning_points_p(values: Sequence[float]) -> float:
    """Return how probable at least so many peaks and valleys are when the order is random.

    Small for a series that goes up and down more often than chance does. Exact for up to 60 points,
    of which a longer series keeps the last; repeated values are one.

    Args:
        values: Finite numbers in the order of time.

    Returns:
        A probability; 1.0 with fewer than 4 different neighbours.
    """
    moved = [value for value, _ in groupby(values)][-_LONGEST:]
    if len(moved) < 4:
        return 1.0
    rises = [after > before for before, after in pairwise(moved)]
    runs = 1 + sum(one != other for one, other in pairwise(rises))
    counts = _orders_by_runs(len(moved))
    return sum(counts[runs:]) / sum(counts)


def reversals(values: Sequence[float], least: float) -> int:
    """Return how often a series turns round, counting only moves of more than `least`.

    A single rise or fall is no reversal: a series that rises, falls back and rises again by more
    than `least` each has two.
    """
    moves = 0
    direction = 0
    low = high = extreme = values[0] if values else 0.0
    for value in values:
        if direction == 0:
            low, high = min(low, value), max(high, value)
            if value - low > least or high - value > least:
                direction, extreme = (1 if value - low > least else -1), value
                moves = 1
        elif direction * (value - extreme) >= 0:
            extreme = value
        elif direction * (extreme - value) > least:
            direction, extreme = -direction, value
            moves += 1
    return max(0, moves - 1)


def lag_one_autocorrelation(values: Sequence[float]) -> float:
    """Return the correlation of a series with itself one point later, after a straight line.

    Negative for a series that overshoots to either side in turn; 0.0 for a constant one and for
    fewer than 4 points. Without any structure it scatters around 0 by 1 / sqrt(points).
    """
    size = len(values)
    if size < 4:
        return 0.0
    middle, mean = (size - 1) / 2, fmean(values)
    spread = size * (size * size - 1) / 12
    slope = sum((place - middle) * value for place, value in enumerate(values)) / spread
    rest = [value - mean - slope * (place - middle) for place, value in enumerate(values)]
    total = sum(value * value for value in rest)
    if total <= 1e-18 * max(1.0, mean * mean) * size:
        return 0.0
    return sum(before * after for before, after in pairwise(rest)) / total


def spikes(values: Sequence[float], *, ratio: float = 1.5) -> tuple[Spike, ...]:
    """Return the values that stick out above the 21 points before them.

    Args:
        values: Finite, non-negative numbers in the order of time.
        ratio: How many times the median before it a spike must reach, so that a very steady series
            does not make a spike of every small step.

    Returns:
        Position and median before it, for each spike; empty for fewer than 22 points.
    """
    found = []
    for place in range(WINDOW, len(values)):
        value = values[place]
        if value <= ratio * values[place - 1] and value <= ratio * values[place - 2]:
            continue  # the plateau after a jump is no spike, and most points need no window
        before = values[place - WINDOW : place]
        middle = median(before)
        spread = median([abs(other - middle) for other in before])
        if value > ratio * middle and 0.6745 * (value - middle) > MODIFIED_Z * spread:
            found.append((place, middle))
    return tuple(found)
