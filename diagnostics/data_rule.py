"""The contract of a rule about data: a rule that names what has to be measured for it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, NotApplicable, Outcome
from diagnostics.measure import Measure
from diagnostics.rule import Rule
from diagnostics.subjects.dataset import Dataset

__all__ = ["DataRule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRule(Rule[Dataset]):
    """Judges a data set by what its measures found.

    Class variables that each rule may set besides those of `Rule`:
        measures: What has to be measured. A rule whose measure was not made is not applicable, for
            the reason that the measure gives.
        bad, good: Caption to a small data set in text form.
    """

    measures: ClassVar[tuple[type[Measure[Any]], ...]] = ()
    bad: ClassVar[Mapping[str, DataSample]]
    good: ClassVar[Mapping[str, DataSample]]

    def judge(self, subject: Dataset) -> Outcome:
        """Judge a data set; a measure that was not made makes the rule not applicable."""
        for measure in self.measures:
            if measure.key() not in subject.measured:
                return NotApplicable(reason=measure.absent or f"{measure.__name__} is missing")
        # Not super(): a slotted dataclass is a new class, which a bare super() does not know.
        return Rule.judge(self, subject)

    @abstractmethod
    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Return the findings, none when all is well. All measures are there when it is called."""
