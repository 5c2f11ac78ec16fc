"""D218: labels that the rest of the data speaks against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Place, Severity, Tier
from diagnostics.measures.label_confidence import LabelConfidence, LabelConfidenceFound, LabelDoubt
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent
from diagnostics.rules.data._evidence.tag_reading import readable
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["LikelyWrongLabels"]

_NAMES = ("Anna", "Bob", "Carla", "David", "Emma", "Frank", "Greta", "Hugo")
_TOWNS = ("Paris", "Rome", "Oslo", "Berlin", "Madrid", "Vienna", "Dublin", "Lisbon")
_GOOD = "".join(
    f"Mrs O\n{name} B-PER\nlives O\nin O\n{town} B-LOC\n. O\n\n"
    for name, town in product(_NAMES, _TOWNS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyWrongLabels(DataRule):
    """Some labels contradict what the other sentences teach; they are ranked for review.

    Why it matters: wrong labels in train cost a little, wrong labels in dev and test hide which
    model is better. Reviewing those that stand first in this list takes minutes.

    What to change: look at the places in their order and correct what is wrong; stop where most of
    them turn out to be right.

    Source: out-of-fold confidence, as in confident learning (Northcutt et al. 2021), with a linear
    model of word shapes and neighbours. Of 5 % planted wrong labels (three draws each), 36 to 41 of
    the first 50 places were planted in the SEC filings of Salinas Alvarado et al., and 10 to 25 of
    50 in WNUT 2017, which is hard. cleanlab 2.9 on the same probabilities put fewer of them first:
    it ranks words and not entities.
    """

    id: ClassVar[str] = "D218"
    name: ClassVar[str] = "likely-wrong-labels"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures = (TagPairs, LabelConfidence)
    needs = (readable,)
    doubt: ClassVar[str] = "Rare but right uses; the list shows where to look, not what is wrong."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a town called a person": DataSample(
            train=_GOOD + "Mrs O\nAnna B-PER\nlives O\nin O\nRome B-PER\n. O\n"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all alike": DataSample(train=_GOOD),
        "too few sentences to hold some out": DataSample(train="Anna B-PER\nleft O\n"),
    }

    most_shown: int = 20
    """Places that are listed."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Rank the doubtful labels."""
        found = LabelConfidence.of(subject)
        if not found.doubts:
            return []
        shown = listed([_described(doubt) for doubt in found.doubts], 3)
        share = found.count / max(1, found.entities)
        return [
            self.finding(
                f"{counted(found.count, 'label')} {'is' if found.count == 1 else 'are'} worth a "
                f"look, {percent(share)} of {counted(found.entities, 'entity')}; the most doubtful "
                f"first: {shown}.{_sampled(found)}",
                evidence=[
                    Evidence(label="doubtful labels", value=found.count),
                    Evidence(label="doubtful labels per entity", value=share),
                    Evidence(label="sentences looked at", value=found.looked_at),
                ],
                fixes=[
                    Fix(
                        text="Look at the places in their order, correct what is wrong, and stop "
                        "where most of them are right."
                    )
                ],
                places=[_place(doubt) for doubt in found.doubts[: self.most_shown]],
            )
        ]


def _sampled(found: LabelConfidenceFound) -> str:
    if found.looked_at == found.sentences:
        return ""
    return f" {found.looked_at:,} of {found.sentences:,} sentences were looked at."


def _described(doubt: LabelDoubt) -> str:
    return f"{named(doubt.words)} as {named(doubt.label)}, rather {named(doubt.suggested)}"


def _place(doubt: LabelDoubt) -> Place:
    sure = f"({doubt.confidence:.2f} against {doubt.suggested_confidence:.2f})"
    text = f"{doubt.words} {doubt.label}, rather {doubt.suggested} {sure}"
    return Place(file=doubt.place.file, line=doubt.place.line, text=text)
