"""D307: the test split is too small for the score that will be reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.resolution import ASSUMED_F1, resolution
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["SmallTestSplit"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallTestSplit(DataRule):
    """The test split holds few entities, so that its score is a rough figure.

    Why it matters: the test score is what gets reported and compared. An interval of ten points
    either way does not say which of two models is better.

    What to change: state the score with its interval, or label more.

    Source: the standard error of F1 on N entities is 0.78 sqrt(F1 (1 - F1) / N) by simulation,
    times the root of a design effect, since entities of a sentence are right or wrong together.
    """

    id: ClassVar[str] = "D307"
    name: ClassVar[str] = "small-test-split"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.STATISTICAL
    doubt: ClassVar[str] = "Only large differences matter for the use."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "40 entities": DataSample(train=_ANNA * 400, test=_ANNA * 40),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "1,000 entities": DataSample(train=_ANNA, test=_ANNA * 1000),
        "no test split": DataSample(train=_ANNA * 400),
    }

    coarse: float = 0.05
    """Half width of the 95 % interval above which it is worth a line. Judgement."""

    wanted: float = 0.02
    """Half width that the fix aims at."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the uncertainty of the future test score with what a report needs."""
        sizes = Sizes.of(subject).splits.get("test")
        if sizes is None or not sizes.entities:
            return []
        found = resolution(sizes)
        if found.half_width <= self.coarse:
            return []
        return [
            self.finding(
                f"The test split holds {counted(found.entities, 'entity')}: an F1 of {ASSUMED_F1} "
                f"on it is uncertain by +-{found.half_width:.2f} (95 %).",
                evidence=found.evidence("test"),
                fixes=[
                    Fix(text="Report the score with its interval, not to three decimals."),
                    Fix(
                        text=f"Label more for test: about {found.entities_for(self.wanted):,} "
                        f"entities give +-{self.wanted:g}."
                    ),
                ],
            )
        ]
