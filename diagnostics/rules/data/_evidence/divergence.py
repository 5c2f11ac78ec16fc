"""How far two distributions lie apart, and how far they would by chance."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

__all__ = ["chance_of_divergence", "jensen_shannon", "kolmogorov_smirnov"]

_DRAWS = 200


def jensen_shannon(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the Jensen-Shannon divergence of two counts in bits: 0 equal, 1 nothing in common.

    Returns:
        NaN when either is empty.
    """
    totals = sum(one.values()), sum(other.values())
    if not all(totals):
        return math.nan
    divergence = 0.0
    for name in {*one, *other}:
        shares = one.get(name, 0) / totals[0], other.get(name, 0) / totals[1]
        middle = sum(shares) / 2
        divergence += sum(share / 2 * math.log2(share / middle) for share in shares if share)
    return max(0.0, divergence)


def chance_of_divergence(
    one: Sequence[Sequence[str]], other: Sequence[Sequence[str]], observed: float
) -> float:
    """Return how often two draws of sentences from one pool diverge at least as much.

    A bootstrap of whole sentences, since labels of a sentence come together; 200 draws.

    Args:
        one: Labels of each sentence of a sample of one split.
        other: The same of the other split.
        observed: The divergence of the two splits.

    Returns:
        A p value, at least 1/201.
    """
    generator = random.Random(0)  # the same verdict at each call
    pool = [*one, *other]
    reached = 0
    for _ in range(_DRAWS):
        drawn = (
            Counter(chain.from_iterable(generator.choices(pool, k=len(each))))
            for each in (one, other)
        )
        reached += jensen_shannon(*drawn) >= observed
    return (1 + reached) / (1 + _DRAWS)


def kolmogorov_smirnov(one: Mapping[int, int], other: Mapping[int, int]) -> tuple[float, float]:
    """Return the largest distance of two cumulative distributions, and its asymptotic p.

    Args:
        one: Value to how often it occurs; not empty.
        other: The same of the other sample.
    """
    sizes = sum(one.values()), sum(other.values())
    below = [0.0, 0.0]
    distance = 0.0
    for value in sorted({*one, *other}):
        below[0] += one.get(value, 0) / sizes[0]
        below[1] += other.get(value, 0) / sizes[1]
        distance = max(distance, abs(below[0] - below[1]))
    root = math.sqrt(sizes[0] * sizes[1] / sum(sizes))
    scaled = (root + 0.12 + 0.11 / root) * distance  # Stephens 1970
    if scaled < 0.3:
        return distance, 1.0  # the series converges slowly there, and the sum is 1
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 51))
    return distance, min(1.0, max(0.0, 2 * sum(terms)))
