"""What the two rules on precision against recall share."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diagnostics import series
from diagnostics.findings import Evidence, Severity, Tier
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Gap", "steady_gap"]

LEAST_GAP = 0.10
"""Difference of precision and recall that is unusual: 5 to 95 % of 71 public runs lie within 0.04,
3 of them beyond 0.10."""

LEAST_F1 = 0.4
"""F1 below which a model is too young for its balance to mean anything, unless it has learned its
training sentences. Judgement."""

LEARNED_LOSS = 0.25
"""Share of its start below which the training loss shows a model that is not young. Judgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Precision and recall at the best epoch, with the standard error of their difference."""

    epoch: float
    precision: float
    recall: float
    error: float | None

    @property
    def severity(self) -> Severity:
        """A warning where chance was excluded; without the number of entities only a remark."""
        return Severity.INFO if self.error is None else Severity.WARNING

    @property
    def tier(self) -> Tier:
        """How strong the evidence is, by the same token."""
        return Tier.HEURISTIC if self.error is None else Tier.STATISTICAL

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The figures for a finding."""
        where = (self.epoch,)
        return (
            Evidence(label="precision", value=self.precision, epochs=where),
            Evidence(label="recall", value=self.recall, epochs=where),
            Evidence(label="predicted per gold entity", value=self.recall / self.precision),
        )


def steady_gap(run: RunHistory) -> Gap | None:
    """Return the gap at the best epoch, if it is wide, beyond chance and not of one epoch alone.

    None otherwise: also when F1 is low and the training loss is not, since every young model is
    lopsided.
    """
    best = series.best_point(run)
    precision = {point.epoch: point.value for point in series.scores(run, "precision")}
    recall = {point.epoch: point.value for point in series.scores(run, "recall")}
    gaps = {epoch: precision[epoch] - recall[epoch] for epoch in precision if epoch in recall}
    if (
        best is None
        or (best.value < LEAST_F1 and not _has_learned(run))
        or best.epoch not in gaps
        or precision[best.epoch] <= 0
    ):
        return None
    gap = gaps[best.epoch]
    sign = 1 if gap > 0 else -1
    later = [sign * gaps[epoch] > LEAST_GAP for epoch in gaps if epoch >= best.epoch - 1.5]
    error = _error_of_difference(run, precision[best.epoch], recall[best.epoch])
    beyond_chance = error is None or abs(gap) > 1.96 * error
    if abs(gap) <= LEAST_GAP or sum(later) < 2 or not beyond_chance:
        return None
    return Gap(
        epoch=best.epoch,
        precision=precision[best.epoch],
        recall=recall[best.epoch],
        error=error,
    )


def _has_learned(run: RunHistory) -> bool:
    losses = [point.value for point in series.train_losses(run)]
    return len(losses) > 1 and losses[-1] < LEARNED_LOSS * losses[0]


def _error_of_difference(run: RunHistory, precision: float, recall: float) -> float | None:
    """Return the standard error of P - R; None when the number of entities is unknown.

    Correct predictions enter both, so only the wrong and the missed entities are independent:
    they are taken as counts, with a factor of 2 for entities of one sentence that fail together.
    """
    gold = series.whole(run.dataset.get("dev_entities"))
    if gold is None:
        return None
    predicted = gold * recall / precision
    wrong = (1 - precision) * precision / max(1.0, predicted)
    missed = (1 - recall) * recall / gold
    return 2 * math.sqrt(wrong + missed)
