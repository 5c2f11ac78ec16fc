"""The arithmetic that rules share: trend tests for few points, and how noisy a score is.

Runs have 3 to 20 evaluations, so nothing here leans on large numbers: the trend test is exact, and
what it cannot decide (fewer than four points) is never called a trend.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from statistics import NormalDist, median

__all__ = [
    "FEWEST_FOR_A_TREND",
    "Z_95",
    "binomial_standard_error",
    "expected_maximum",
    "f1_cases",
    "falling_p",
    "jitter",
    "rising_p",
    "theil_sen_slope",
    "wilson_interval",
]

FEWEST_FOR_A_TREND = 4
"""Points below which no order is surprising: the smallest one-sided p of 3 points is 1/6."""

Z_95 = 1.96
"""Standard errors to each side of a 95 % interval."""

_LONGEST = 60
"""Series are thinned to this many points: tests are quadratic, and more points add no verdict."""

_EXACT_UP_TO = 30
"""Above this many points the normal approximation of Kendall's S is good to 0.001."""


@cache
def _permutations_by_inversions(size: int) -> tuple[int, ...]:
    """Return how many permutations of `size` distinct items have 0, 1, 2, ... inversions."""
    counts = [1]
    for item in range(2, size + 1):
        longer = [0] * (len(counts) + item - 1)
        for inversions, count in enumerate(counts):
            for added in range(item):
                longer[inversions + added] += count
        counts = longer
    return tuple(counts)


@cache
def _orders_by_inversions(multiplicities: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many orders of a multiset have 0, 1, 2, ... inversions.

    A Gaussian multinomial coefficient: all permutations, divided by those among equal items.
    """
    counts = _permutations_by_inversions(sum(multiplicities))
    for equal in multiplicities:
        counts = _quotient(counts, _permutations_by_inversions(equal))
    return counts


def _quotient(dividend: Sequence[int], divisor: Sequence[int]) -> tuple[int, ...]:
    """Divide polynomials, lowest power first, where it comes out even and `divisor[0]` is 1."""
    rest = list(dividend)
    size = len(dividend) - len(divisor) + 1
    for place in range(size):
        for offset, factor in enumerate(divisor[1:], start=1):
            rest[place + offset] -= rest[place] * factor
    return tuple(rest[:size])


def _thinned(values: Sequence[float]) -> list[float]:
    """Return at most `_LONGEST` medians of equal stretches of the series."""
    if len(values) <= _LONGEST:
        return list(values)
    edges = [round(index * len(values) / _LONGEST) for index in range(_LONGEST + 1)]
    return [median(values[start:end]) for start, end in pairwise(edges)]


def _kendall_s(values: Sequence[float]) -> int:
    """Return the number of rising minus the number of falling pairs."""
    return sum(
        (later > earlier) - (later < earlier)
        for position, earlier in enumerate(values)
        for later in values[position + 1 :]
    )


def rising_p(values: Sequence[float]) -> float:
    """Return the one-sided Mann-Kendall p of a rise: small when the series climbs steadily.

    Exact up to 30 points, ties included: the share of all orders of these values that rise at least
    as much. The normal approximation above. Series longer than 60 points are thinned to medians of
    equal stretches.

    Args:
        values: Finite numbers in the order of time.

    Returns:
        A probability; 1.0 with fewer than `FEWEST_FOR_A_TREND` points.
    """
    if len(values) < FEWEST_FOR_A_TREND:
        return 1.0
    points = _thinned(values)
    size, score = len(points), _kendall_s(points)
    if size > _EXACT_UP_TO:
        deviation = math.sqrt(size * (size - 1) * (2 * size + 5) / 18)
        return 0.5 * math.erfc((score - 1) / deviation / math.sqrt(2))
    counts = _orders_by_inversions(tuple(sorted(Counter(points).values())))
    # S is the number of unequal pairs, which is the most inversions there can be, less twice them.
    inversions = (len(counts) - 1 - score) // 2
    return sum(counts[: inversions + 1]) / sum(counts)


def falling_p(values: Sequence[float]) -> float:
    """Return the one-sided Mann-Kendall p of a fall; see `rising_p`."""
    return rising_p([-value for value in values])


def theil_sen_slope(values: Sequence[float]) -> float:
    """Return the median slope over all pairs, per point; 0.0 with fewer than two points."""
    points = _thinned(values)
    slopes = [
        (points[later] - points[earlier]) / (later - earlier)
        for earlier in range(len(points))
        for later in range(earlier + 1, len(points))
    ]
    if not slopes:
        return 0.0
    return median(slopes) * (len(points) - 1) / max(1, len(values) - 1)


def jitter(values: Sequence[float]) -> float | None:
    """Return the point-to-point noise of the second half of a series, as a standard deviation.

    The median absolute deviation of the differences of neighbours, scaled to a normal distribution
    (1.4826) and to one point instead of two (root 2). Deviations are taken from the median
    difference, so that a steady climb or fall counts as a trend and not as noise.

    Returns:
        None with fewer than three differences.
    """
    late = values[len(values) // 2 :]
    steps = [after - before for before, after in pairwise(late)]
    if len(steps) < 3:
        return None
    middle = median(steps)
    return 1.4826 * median(abs(step - middle) for step in steps) / math.sqrt(2)


def f1_cases(entities: int, *, design_effect: float = 2.0) -> float:
    """Return how many independent cases tell as much about an F1 as so many gold entities.

    0.78 * sqrt(F1 (1 - F1) / entities) is the standard error for independent entities, by
    simulation of a multinomial. Entities of a sentence are right or wrong together: sentence
    bootstraps gave 0.8 to 2.2 times that, hence the factor `design_effect` on the error.

    Args:
        entities: Gold entities of the split, at least 1.
        design_effect: Factor on the standard error for clustering.
    """
    return float(entities / (design_effect * 0.78) ** 2)


def binomial_standard_error(share: float, count: float) -> float:
    """Return the standard error of a share of `count` independent cases, more than 0.

    It is the half width of the 95 % Wilson interval over 1.96, so it is not 0 for a perfect score.
    """
    low, high = wilson_interval(share, count)
    return (high - low) / (2 * Z_95)


def wilson_interval(share: float, count: float) -> tuple[float, float]:
    """Return the ends of the 95 % Wilson interval of a share of `count` cases.

    It holds for few cases (more than 0) and for 0 and 1, too (Brown, Cai and DasGupta 2001).
    """
    squared = Z_95**2
    middle = share * count + squared / 2
    half = Z_95 * math.sqrt(share * (1 - share) * count + squared / 4)
    low, high = ((middle + side * half) / (count + squared) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def expected_maximum(count: int) -> float:
    """Return about how far the best of `count` equal scores lies above their mean, in sigmas.

    Blom's approximation of the expected maximum of normal variables, good to 0.03: 1.18 for 5, 1.55
    for 10, 1.87 for 20. This is what the best epoch owes to luck alone.

    Args:
        count: Number of scores, at least 1.
    """
    return NormalDist().inv_cdf((count - 0.375) / (count + 0.25))
