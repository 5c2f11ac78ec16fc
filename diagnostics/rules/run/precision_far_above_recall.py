"""Rule R302: the model is right when it speaks, and speaks too rarely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs
from diagnostics.examples import run_example
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.precision_recall import steady_gap
from diagnostics.subjects.run_history import RunHistory

__all__ = ["PrecisionFarAboveRecall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionFarAboveRecall(Rule[RunHistory]):
    """Precision is far above recall: the model misses many entities.

    Why it matters: what it marks is right, but much is not marked. The usual reason lies in the
    training data: entities left unlabelled there teach the model to leave them alone.

    What to change: list the strings that are labelled in one sentence and O in another, and label
    them or drop the sentences. If the annotation is complete, train longer.

    Source: 5 to 95 % of 71 public runs have precision and recall within 0.04 of each other at their
    best epoch. With half of the entities unlabelled, a test run ended at P 0.25, R 0.02.
    """

    id: ClassVar = "R302"
    name: ClassVar = "precision-far-above-recall"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.entity_scores, needs.evaluations(2))
    doubt: ClassVar = "Development data that is labelled more generously than the training data."
    bad: ClassVar = {
        "0.8 against 0.5 in the last three epochs": run_example(
            f1=(0.3, 0.58, 0.61, 0.62),
            precision=(0.5, 0.78, 0.8, 0.8),
            recall=(0.2, 0.46, 0.49, 0.5),
        ),
        "a low score of a model that knows its training sentences": run_example(
            f1=(0.05, 0.18, 0.22, 0.24),
            precision=(0.2, 0.33, 0.35, 0.36),
            recall=(0.03, 0.12, 0.16, 0.18),
            train_loss=(0.9, 0.4, 0.2, 0.12),
        ),
    }
    good: ClassVar = {
        "balanced": run_example(f1=(0.3, 0.6), precision=(0.35, 0.61), recall=(0.25, 0.59)),
        "a low score of a young model": run_example(
            f1=(0.05, 0.18, 0.22, 0.24),
            precision=(0.2, 0.33, 0.35, 0.36),
            recall=(0.03, 0.12, 0.16, 0.18),
            train_loss=(0.9, 0.8, 0.7, 0.6),
        ),
        "in the first epoch only": run_example(
            f1=(0.3, 0.6, 0.7), precision=(0.7, 0.62, 0.7), recall=(0.2, 0.58, 0.7)
        ),
        "within the noise of 40 entities": run_example(
            f1=(0.5, 0.6), precision=(0.57, 0.67), recall=(0.45, 0.55), dataset={"dev_entities": 40}
        ),
    }

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look for a steady gap with precision on top."""
        gap = steady_gap(run)
        if gap is None or gap.precision < gap.recall:
            return []
        label = Fix(
            text="Look for entities that are not labelled: strings that are an entity in one "
            "sentence and O in another.",
        )
        longer = fixes.longer(
            run,
            1.5 * run.epochs[-1].number,
            text="If the annotation is complete, train longer.",
            how="half as many epochs again",
        )
        return [
            self.finding(
                f"Precision is {gap.precision:.2f} but recall {gap.recall:.2f} at the best epoch "
                f"({gap.epoch:g}): what the model marks is right, and it misses "
                f"{1 - gap.recall:.0%} of the entities.",
                evidence=gap.evidence,
                fixes=[label, *longer],
                severity=gap.severity,
                tier=gap.tier,
            )
        ]
