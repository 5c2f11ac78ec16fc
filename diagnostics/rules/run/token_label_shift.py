"""Rule R310: the predictions are one word beside the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import entity_scores
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.prediction_gains import shift_gain
from diagnostics.rule import Rule
from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TokenLabelShift"]

_GOLD = (("O", "B-PER", "I-PER", "O", "B-LOC", "O"),) * 20
_LATE = (("O", "O", "B-PER", "I-PER", "O", "B-LOC"),) * 20
_MISSED = (("O", "B-PER", "I-PER", "O", "O", "O"),) * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLabelShift(Rule[RunHistory]):
    """Tokens and labels are shifted against each other.

    Why it matters: the model marks the neighbour of each entity. It has learned the right thing
    from labels, or is read out at places, that are off by one.

    What to change: align by `word_ids()` of a fast tokenizer: the label belongs to the first
    sub-token of its word, `[CLS]` and all other sub-tokens get -100. RoBERTa-like tokenizers need
    `add_prefix_space=True` for text that is split into words.

    Source: in a test run with labels shifted by one word F1 was 0.05, with its predictions moved
    back 0.42; on 17 other runs moving them gained nothing.
    """

    id: ClassVar = "R310"
    name: ClassVar = "token-label-shift"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = (
        "R102", "R104", "R201", "R202", "R204", "R205", "R301", "R302", "R303", "R304", "R308",
    )  # fmt: skip
    doubt: ClassVar = "Predictions that were moved only when they were written."
    bad: ClassVar = {
        "one word late": run_example(
            f1=(0.0, 0.0), predictions=Predictions(gold=_GOLD, predicted=_LATE)
        ),
        "one word early": run_example(
            f1=(0.0, 0.0), predictions=Predictions(gold=_LATE, predicted=_GOLD)
        ),
    }
    good: ClassVar = {
        "in place": run_example(f1=(1.0,), predictions=Predictions(gold=_GOLD, predicted=_GOLD)),
        "half of the entities missed": run_example(
            f1=(0.6,), predictions=Predictions(gold=_GOLD, predicted=_MISSED)
        ),
        "ten entities": run_example(
            f1=(0.0,), predictions=Predictions(gold=_GOLD[:5], predicted=_LATE[:5])
        ),
    }

    least_gain: float = 0.2
    """F1 that the shift must gain; nothing was gained on aligned runs."""

    fewest_entities: int = 30
    """Gold entities below which the test is not run."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Move the predictions by one word to either side and score them again."""
        if run.predictions is None:
            return NotApplicable(reason="the run kept no predictions (dev_predictions.jsonl)")
        gold = entity_scores.count_entities(run.predictions.gold, run.predictions.gold).gold
        if gold < self.fewest_entities:
            return NotApplicable(reason=f"the predictions hold only {gold} gold entities")
        gain = shift_gain(run.predictions)
        if gain.after - gain.before <= self.least_gain:
            return []
        side = "late" if gain.shift == -1 else "early"
        align = Fix(
            text="Align by word_ids(): a word's label on its first sub-token, -100 on all others; "
            "add_prefix_space=True for RoBERTa-like tokenizers.",
            parameter="label_shift",
            old=1 if gain.shift == -1 else -1,
            new=0,
            how="the shift that gains most, undone",
        )
        return [
            self.finding(
                f"The predictions come one word too {side}: F1 is {gain.before:.3f} as predicted "
                f"and {gain.after:.3f} with all of them moved by one word.",
                evidence=[
                    Evidence(label="F1 as predicted", value=gain.before),
                    Evidence(label="F1 after the shift", value=gain.after),
                    Evidence(label="gold entities", value=gold),
                ],
                fixes=[align],
            )
        ]
