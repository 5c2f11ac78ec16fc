"""D410: there is no test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["NoTestSplit"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTestSplit(DataRule):
    """There is no test split, so that the final score would be one that was chosen by.

    Why it matters: the best of many scores on the development split is too good by the luck of the
    choice. Only sentences that no choice has seen give an honest score.

    What to change: keep labelled sentences aside until the end.

    Source: usual practice.
    """

    id: ClassVar[str] = "D410"
    name: ClassVar[str] = "no-test-split"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "It is kept elsewhere, on purpose."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "train and dev": DataSample(train=_ANNA * 100, dev=_ANNA * 10),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all three": DataSample(train=_ANNA * 100, dev=_ANNA * 10, test=_ANNA * 10),
    }

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Look for a test split."""
        train = Sizes.of(subject).train
        if train is None:
            return NotApplicable(reason="there is no training sentence")
        if "test" in subject.splits:
            return []
        out = max(1, round(0.1 * train.sentences))
        return [
            self.finding(
                "There is no test split: the score on the development split, by which epochs and "
                "settings are chosen, is too good as a final score.",
                evidence=[Evidence(label="test sentences", value=0)],
                fixes=[
                    Fix(
                        text=f"Keep a tenth aside, {counted(out, 'sentence')} of "
                        f"{train.sentences:,}, and score the final model on it once "
                        "(`--test FILE`)."
                    )
                ],
            )
        ]
