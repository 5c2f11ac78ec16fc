"""Rule R311: the model unlearns entities, because half of them are O in the training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["EntitiesLeftUnlabelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesLeftUnlabelled(Rule[RunHistory]):
    """The training data leaves entities unlabelled, and the model learns to leave them alone.

    Why it matters: early on the model finds what looks like an entity. Later it learns by heart
    which of these are O in the training data, and stops marking the others, too.

    What to change: list the strings that are an entity in one sentence and O in another, and label
    them, or drop those sentences. Until then stop at the epoch with the highest recall.

    Source: in a test run with half of the entities unlabelled F1 rose to 0.58 and fell to 0.04
    (precision 0.25, recall 0.02) while the training loss kept falling. Overfitting lowers precision
    and recall alike, a learning rate that is too high raises the training loss.
    """

    id: ClassVar = "R311"
    name: ClassVar = "entities-left-unlabelled"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.entity_scores, needs.losses, needs.evaluations(5))
    explains: ClassVar = ("R106", "R201", "R202", "R204", "R206", "R301", "R302", "R304")
    doubt: ClassVar = "Development data that is labelled more generously than the training data."
    bad: ClassVar = {
        "recall falls from 0.6 to 0.02, the training loss falls, too": run_example(
            f1=(0.3, 0.58, 0.5, 0.38, 0.22, 0.1, 0.04),
            precision=(0.3, 0.56, 0.55, 0.5, 0.45, 0.35, 0.25),
            recall=(0.3, 0.6, 0.46, 0.31, 0.15, 0.06, 0.02),
            train_loss=(0.9, 0.5, 0.4, 0.3, 0.22, 0.15, 0.1),
        ),
    }
    good: ClassVar = {
        "overfitting: both fall": run_example(
            f1=(0.5, 0.7, 0.66, 0.62, 0.6, 0.57), precision=(0.5, 0.7, 0.65, 0.61, 0.6, 0.57),
            recall=(0.5, 0.7, 0.67, 0.63, 0.6, 0.57), train_loss=(0.9, 0.5, 0.3, 0.2, 0.1, 0.05),
        ),
        "a collapse at a high learning rate: the training loss rises": run_example(
            f1=(0.3, 0.58, 0.4, 0.2, 0.1, 0.02), precision=(0.3, 0.6, 0.6, 0.5, 0.5, 0.4),
            recall=(0.3, 0.57, 0.3, 0.13, 0.06, 0.01), train_loss=(0.9, 0.5, 0.6, 0.8, 0.9, 1.0),
        ),
        "balance found after an eager start": run_example(
            f1=(0.3, 0.5, 0.6, 0.66, 0.7, 0.72), precision=(0.2, 0.38, 0.52, 0.62, 0.7, 0.73),
            recall=(0.9, 0.85, 0.8, 0.75, 0.71, 0.71), train_loss=(0.9, 0.5, 0.3, 0.2, 0.1, 0.05),
        ),
    }  # fmt: skip

    least_fall: float = 0.1
    """Fall of the recall that counts, in score, if two standard errors are less."""

    blind_fall: float = 0.3
    """The same where the size of the development split is unknown: beyond the noise of 30
    entities."""

    least_gap: float = 0.1
    """Precision less recall at the end; 3 of 71 public runs have more at their best epoch."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a recall that falls away from precision under a falling training loss."""
        recall, precision = series.scores(run, "recall"), series.scores(run, "precision")
        losses = [point.value for point in series.train_losses(run)]
        if len(losses) < statistics.FEWEST_FOR_A_TREND:
            return NotApplicable(reason="fewer than 4 training losses show no trend")
        peak = max(recall, key=lambda point: point.value)
        after = [point.value for point in recall if point.epoch >= peak.epoch]
        fall, gap = peak.value - after[-1], precision[-1].value - recall[-1].value
        error = score_noise.score_error(run, peak.value)
        clear = self.blind_fall if error is None else max(self.least_fall, 2 * error)
        if fall <= clear or gap <= self.least_gap:
            return []
        if statistics.falling_p(after) >= 0.05 or statistics.falling_p(losses) >= 0.05:
            return []
        # An eager model that finds its balance loses recall, too, but F1 rises with it.
        best = series.best_point(run)
        if best is None or best.value - series.end_score(series.scores(run), 2) <= (error or 0.0):
            return []
        return [self._finding(run, peak, recall[-1], precision[-1])]

    def _finding(
        self, run: RunHistory, peak: series.Point, recall: series.Point, precision: series.Point
    ) -> Finding:
        label = Fix(
            text="Look for entities that are not labelled: strings that are an entity in one "
            "sentence and O in another.",
        )
        shorter = fixes.shorter(
            run,
            1.2 * peak.epoch,
            text="Until the labels are complete, train shorter.",
            how=f"1.2 x the epoch with the highest recall ({peak.epoch:g})",
        )
        return self.finding(
            f"Recall falls from {peak.value:.2f} at epoch {peak.epoch:g} to {recall.value:.2f}, "
            f"far below precision ({precision.value:.2f}), while the training loss falls: the "
            "model learns that many entities are none.",
            evidence=[
                Evidence(label="highest recall", value=peak.value, epochs=(peak.epoch,)),
                Evidence(label="last recall", value=recall.value, epochs=(recall.epoch,)),
                Evidence(label="last precision", value=precision.value),
            ],
            fixes=[label, *shorter],
        )
