"""Rule R303: the model marks far more entities than there are."""

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
from diagnostics.training_library import has_another_library

__all__ = ["RecallFarAbovePrecision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallFarAbovePrecision(Rule[RunHistory]):
    """Recall is far above precision: the model marks entities that are none.

    Why it matters: most entities are found, but buried among false ones. The usual reasons are
    predictions on padding or on continued sub-tokens that the evaluation counts, and development
    data in which entities were left unlabelled.

    What to change: score the first sub-token of each word only, everything else is -100; then read
    the false positives: if most are right, the development data is at fault.

    Source: 5 to 95 % of 71 public runs have precision and recall within 0.04 of each other at their
    best epoch; Lab41's report of P below 0.5 and R above 0.9 was padding.
    """

    id: ClassVar = "R303"
    name: ClassVar = "recall-far-above-precision"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.entity_scores, needs.evaluations(2))
    doubt: ClassVar = "A set-up that favours recall on purpose."
    bad: ClassVar = {
        "0.45 against 0.9": run_example(
            f1=(0.5, 0.58, 0.6), precision=(0.4, 0.43, 0.45), recall=(0.8, 0.89, 0.9)
        ),
    }
    good: ClassVar = {
        "balanced": run_example(f1=(0.3, 0.6), precision=(0.25, 0.59), recall=(0.35, 0.61)),
        "more found early, balanced later": run_example(
            f1=(0.3, 0.6, 0.7), precision=(0.2, 0.58, 0.7), recall=(0.7, 0.62, 0.7)
        ),
    }

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look for a steady gap with recall on top."""
        gap = steady_gap(run)
        if gap is None or gap.recall < gap.precision:
            return []
        ignore = _WHOLE_WORDS if has_another_library(run) else _IGNORED
        longer = fixes.longer(
            run,
            1.5 * run.epochs[-1].number,
            text="If the evaluation is right, train longer.",
            how="half as many epochs again",
        )
        return [
            self.finding(
                f"Recall is {gap.recall:.2f} but precision {gap.precision:.2f} at the best epoch "
                f"({gap.epoch:g}): the model marks {gap.recall / gap.precision:.1f} times as many "
                "entities as there are.",
                evidence=gap.evidence,
                fixes=[ignore, *longer],
                severity=gap.severity,
                tier=gap.tier,
            )
        ]


_IGNORED = Fix(
    text="Score the first sub-token of each word only; give padding, special tokens and "
    "continued sub-tokens the label -100.",
    parameter="label_pad_token_id",
    new=-100,
    how="the index that loss and metric ignore",
)
_WHOLE_WORDS = Fix(
    text="Score each word once; leave padding and the further pieces of a word out of the score.",
)
