"""D404: many training sentences stand more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.repeats import LEAST_WORDS, Repeats
from diagnostics.rules.data._evidence.split_samples import SENTENCES
from diagnostics.rules.data._evidence.wording import counted, percent
from diagnostics.subjects.dataset import Dataset

__all__ = ["RepeatedSentences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedSentences(DataRule):
    """Training sentences stand in the training split more than once.

    Why it matters: each copy weighs as much as a new sentence and teaches nothing; and when a
    development split is divided off by sentences, copies land on both sides.

    What to change: keep one of each, unless they are repeated on purpose to weigh more.

    Source: judgement; spaCy's `debug data` does not look at it.
    """

    id: ClassVar[str] = "D404"
    name: ClassVar[str] = "repeated-sentences"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "They were repeated on purpose, so that rare labels weigh more."
    measures: ClassVar = (Repeats,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "each sentence twice": DataSample(train="".join(SENTENCES[:20]) * 2),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all different": DataSample(train="".join(SENTENCES)),
        "a phrase of three words": DataSample(train="Yes O\n, O\nAnna B-PER\n\n" * 9),
    }

    many: float = 0.01
    """Share of the sentences of six or more words from which it is worth a line."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count the copies in the training split."""
        alike = Repeats.of(subject).within.get("train")
        if alike is None or alike.count < self.many * alike.of:
            return []
        verb = "repeats" if alike.count == 1 else "repeat"
        return [
            self.finding(
                f"{alike.count:,} of {counted(alike.of, 'training sentence')} of {LEAST_WORDS} or "
                f"more words ({percent(alike.count / alike.of)}) {verb} an earlier one word for "
                "word.",
                evidence=[
                    Evidence(label="repeated training sentences", value=alike.count),
                    Evidence(label="share of repeats", value=alike.count / alike.of),
                ],
                fixes=[
                    Fix(
                        text=f"Keep one of each: {counted(alike.count, 'sentence')} can go, unless "
                        "they are there to make rare labels weigh more."
                    )
                ],
                places=alike.places,
            )
        ]
