"""How much of a search's best score is luck, from the size of the development split alone.

Many equally good settings do not score equally: each differs by chance, and the best of them looks
better than it is, the more so the more trials there are and the fewer entities the split holds.
"""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["luck_of_the_best", "luck_warning"]

USUAL_SCORE = 0.85
CHANCE_SHARE = 0.7
"""Scatter between equally good trainings as a share of the binomial standard error of the split.

All trainings meet the same sentences, which makes their differences smaller than two independent
splits would; their seeds make them larger. On three data sets of `benchmarks/policy/curves` (60, 73
and 99 development entities) the better third of the settings scattered by 0.78, 0.47 and 0.81 of
it."""

NOTABLE_LUCK = 0.03
"""F1 from which the luck is told: the better half of a search seldom differs by more."""


def luck_of_the_best(entities: int, trials: int) -> float:
    """Give the F1 by which the best of some equally good trials looks better than it is.

    The expected maximum of `trials` normal deviates (Blom 1958: the normal quantile at
    (n - 3/8) / (n + 1/4)) times the scatter of a training's score.

    Args:
        entities: Gold entities of the development split.
        trials: Trials that went through their whole plan.

    Returns:
        F1 between 0 and 1; 0 for one trial, NaN without an entity.
    """
    if entities <= 0:
        return math.nan
    if trials <= 1:
        return 0.0
    scatter = CHANCE_SHARE * math.sqrt(USUAL_SCORE * (1 - USUAL_SCORE) / entities)
    return scatter * NormalDist().inv_cdf((trials - 0.375) / (trials + 0.25))


def luck_warning(entities: int, trials: int) -> str | None:
    """Say when the development split is too small for the number of trials; None when it is not."""
    luck = luck_of_the_best(entities, trials)
    if not luck >= NOTABLE_LUCK:
        return None
    wanted = math.ceil(entities * (luck / NOTABLE_LUCK) ** 2)
    return (
        f"The development split holds {entities:,} entities: differences of a few points of F1 "
        f"between settings are luck, and the best of {trials} equally good trials would look about "
        f"{100 * luck:.0f} points better than it is. Rely on the further seeds, label about "
        f"{wanted:,} entities for development, or ask for fewer trials."
    )
