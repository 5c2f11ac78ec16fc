"""D214: entities that go on behind the end of their sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.sentence_edges import SentenceEdges
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.crossings import crossings
from diagnostics.rules.data._evidence.label_wording import named, per_split
from diagnostics.rules.data._evidence.split_schemes import readings
from diagnostics.rules.data._evidence.tag_reading import first_places, readable
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["EntitiesCrossSentences"]

_TORN = "Acme B-ORG\n\nCorp I-ORG\nrose O\n\nBell B-PER\nleft O\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesCrossSentences(DataRule):
    """A sentence break stands inside an entity.

    Why it matters: the entity is cut into two that are both wrong, and both sentences lose the
    context of the other. As a rule a blank line was put in the wrong place, or sentences were split
    by a program after the annotation.

    What to change: remove the break.

    Source: the definition of the schemes: `I-` goes on with the entity before it. spaCy's debug
    data counts such entities, without their lines.
    """

    id: ClassVar[str] = "D214"
    name: ClassVar[str] = "entities-cross-sentences"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs, SentenceEdges)
    needs = (readable,)
    doubt: ClassVar[str] = "Two defects side by side: an entity at the end, a lost `B-` behind it."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a break inside an entity": DataSample(train=_TORN),
        "in BIOES": DataSample(train="Anna S-PER\n\nAcme B-ORG\n\nCorp E-ORG\nrose O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "an entity at the end and one at the start": DataSample(
            train="left O\nAcme B-ORG\n\nBell B-ORG\nCorp I-ORG\nrose O\n"
        ),
        "IOB1, in which every entity starts with I": DataSample(
            train="Acme I-ORG\n\nCorp I-ORG\nrose O\n\nBell I-PER\nleft O\n"
        ),
        "another type at the start: a broken transition": DataSample(
            train=_TORN.replace("I-ORG", "I-PER")
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the tags around the breaks."""
        found = {
            split: list(crossings(subject, split, reading))
            for split, reading in readings(TagPairs.of(subject)).items()
        }
        splits = {split: sum(count for *_, count in pairs) for split, pairs in found.items()}
        total = sum(splits.values())
        if not total:
            return []
        last, first, _ = next(pair for pairs in found.values() for pair in pairs)
        return [
            self.finding(
                f"{counted(total, 'entity')} {'goes' if total == 1 else 'go'} on behind the end of "
                f"the sentence ({per_split(splits)}): {named(last)} is its last tag, and "
                f"{named(first)} the first of the next.",
                evidence=[Evidence(label="entities torn apart", value=total)],
                fixes=[
                    Fix(
                        text="Remove the blank line before the place, so that the two sentences "
                        "become one; if the break is right, write `B-` behind it."
                    )
                ],
                places=first_places(_places(subject, found)),
            )
        ]


def _places(
    subject: Dataset, found: Mapping[str, Sequence[tuple[str, str, int]]]
) -> Iterator[Place]:
    kept = SentenceEdges.of(subject).places
    for split, pairs in found.items():
        for last, first, _ in pairs:
            yield from kept[split].get((last, first), ())
