"""D405: the same sentence is labelled in different ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.repeats import Repeats
from diagnostics.rules.data._evidence.split_samples import SENTENCES
from diagnostics.rules.data._evidence.wording import SPLITS, counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["RepeatsLabelledOtherwise"]

_AS_PLACES = "".join(SENTENCES[:10]).replace("PER", "LOC")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatsLabelledOtherwise(DataRule):
    """A sentence stands in the data more than once, with different labels.

    Why it matters: at least one of them is wrong, and no model can learn both. Such pairs are a
    sample of how consistent the whole annotation is.

    What to change: decide for one, and look whether the guidelines cover the case.

    Source: an exact comparison; above 1 % of the sentences it is a warning, by judgement.
    """

    id: ClassVar[str] = "D405"
    name: ClassVar[str] = "repeats-labelled-otherwise"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "What the sentence means depends on the text around it."
    measures: ClassVar = (Repeats,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "ten sentences with two opinions": DataSample(train="".join(SENTENCES[:20]) + _AS_PLACES),
        "one opinion in train, another in dev": DataSample(
            train="".join(SENTENCES[:20]), dev=_AS_PLACES
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "copies with the same labels": DataSample(train="".join(SENTENCES[:20]) * 2),
    }

    many: float = 0.01
    """Share of the sentences of six or more words from which a warning is due. Judgement."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count the sentences that are labelled otherwise than their first occurrence."""
        found = Repeats.of(subject).contradicting
        if not found:
            return []
        count = sum(alike.count for alike in found.values())
        many = any(alike.count > self.many * alike.of for alike in found.values())
        each = [f"{alike.count:,} in {SPLITS[name]}" for name, alike in found.items()]
        where = listed(each) if len(each) > 1 else f"in {SPLITS[next(iter(found))]}"
        verb = "repeats" if count == 1 else "repeat"
        return [
            self.finding(
                f"{counted(count, 'sentence')} ({where}) {verb} an earlier one word for word, but "
                "with other labels.",
                evidence=[
                    Evidence(label=f"contradicting repeats in {name}", value=alike.count)
                    for name, alike in found.items()
                ],
                fixes=[
                    Fix(
                        text="Compare each with the line that is named beside it, and keep the "
                        "better labels."
                    )
                ],
                severity=Severity.WARNING if many else Severity.INFO,
                places=[place for alike in found.values() for place in alike.places][:5],
            )
        ]
