"""What a split can tell: the smallest difference of F1 that is more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diagnostics import statistics
from diagnostics.findings import Evidence
from diagnostics.measures.sizes import SplitSizes

__all__ = ["ASSUMED_F1", "Resolution", "resolution"]

ASSUMED_F1 = 0.75
"""Score at which the error is stated before anything was trained."""

WITHIN_SENTENCE = 0.5
"""How much alike the entities of a sentence fare, as a correlation. Sentence bootstraps of seven
public splits, scored with two light models, gave design effects of 1.4 to 5.9 and correlations of
0.1 to 1.2 with a median near 0.5; with 0.5 the standard error is right within a factor of 1.5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How finely a split measures F1.

    Attributes:
        entities: Gold entities of the split.
        design_effect: Factor on the variance of F1, since entities of a sentence are right or wrong
            together.
        half_width: Half width of the 95 % (Wilson) interval of an F1 of `ASSUMED_F1`, and about the
            smallest difference of two settings, scored on the same sentences, that is no chance.
    """

    entities: int
    design_effect: float
    half_width: float

    def entities_for(self, difference: float) -> int:
        """Return how many entities would resolve a difference of F1, to two leading digits."""
        needed = self.entities * (self.half_width / difference) ** 2
        unit = int(10 ** max(0, len(str(int(needed))) - 2))
        return math.ceil(needed / unit) * unit

    def evidence(self, split: str) -> list[Evidence]:
        """Return the figures for a finding."""
        return [
            Evidence(label=f"entities in {split}", value=self.entities),
            Evidence(label="design effect of sentences", value=round(self.design_effect, 2)),
            Evidence(label="smallest F1 difference resolved", value=round(self.half_width, 3)),
        ]


def resolution(sizes: SplitSizes) -> Resolution:
    """Return what a split of these sizes, with at least one entity, can tell.

    The standard error is 0.78 sqrt(F1 (1 - F1) / entities) times the root of the design effect
    1 + (entities beside - 1) * correlation, as for cluster samples (Kish 1965). Two settings make
    many of the same mistakes: with a correlation of 0.5 of their errors the difference has the
    standard error of one score.
    """
    effect = 1 + (sizes.entities_beside - 1) * WITHIN_SENTENCE
    cases = statistics.f1_cases(sizes.entities, design_effect=math.sqrt(effect))
    error = statistics.binomial_standard_error(ASSUMED_F1, cases)
    half_width = min(1.0, statistics.Z_95 * error)
    return Resolution(entities=sizes.entities, design_effect=effect, half_width=half_width)
