"""D211: types whose names differ only in spelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named
from diagnostics.rules.data._evidence.similar_names import (
    same_but_for_writing,
    same_look,
    similar_names,
)
from diagnostics.rules.data._evidence.tag_reading import (
    first_places,
    readable,
    scheme,
    type_places,
    types_of,
)
from diagnostics.subjects.dataset import Dataset

__all__ = ["SimilarTypeNames"]

_PEOPLE = "Anna B-PERSON\nleft O\n\n" * 5
_ORGANISATIONS = "Acme B-ORG\nCorp I-ORG\nrose O\n\n" * 20
_DATES = (
    "today B-DATE\n\nnow B-DATE_TIME\n\nAcme B-ORG1\n\nBell B-ORG2\n\nAl B-PER\n\nRex B-PET\n\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarTypeNames(DataRule):
    """Two entity types have names that differ only in spelling.

    Why it matters: `PERSON` and `Person` are two labels for a program. Their examples are divided,
    and each of them counts as a mistake for the other.

    What to change: give both the same name.

    Source: names that are equal but for capitals and separators are one name (an exact fact),
    and so is a rare one with look-alikes (`0RG`). One letter of difference, or a plural, is a
    guess, and only a remark; so are short names where the rare one goes on as the other (`B-OGR`,
    `I-ORG`).
    """

    id: ClassVar[str] = "D211"
    name: ClassVar[str] = "similar-type-names"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    needs = (readable,)
    explains: ClassVar[tuple[str, ...]] = ("D209", "D210")
    doubt: ClassVar[str] = "Two types that are really called so."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "capitals": DataSample(train=_PEOPLE + "Bob B-Person\nleft O\n"),
        "separators": DataSample(train="a B-work-of-art\nb O\n\nc B-work_of_art\nd O\n"),
        "a plural": DataSample(train=_PEOPLE + "Bob B-PERSONS\nleft O\n"),
        "one letter": DataSample(train=_PEOPLE, dev="Bob B-PERSN\nleft O\n"),
        "a figure that looks like a letter": DataSample(
            train=_ORGANISATIONS + "Bob B-0RG\nleft O\n"
        ),
        "a short name that goes on as the other": DataSample(
            train=_ORGANISATIONS + "Bob B-OGR\nCorp I-ORG\nleft O\n"
        ),
        "two letters exchanged": DataSample(train=_PEOPLE + "Bob B-PESRON\nleft O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "numbered, longer and short names": DataSample(train=_DATES),
        "short names that go on as themselves": DataSample(
            train=_ORGANISATIONS + "Bob B-OGR\nCorp I-OGR\nleft O\n"
        ),
        "different words of one length": DataSample(train="Rex B-DATE\n\n5 B-RATE\n\n" * 5),
    }

    rare: float = 0.1
    """Share of the other's entities up to which a short name may be its misspelling. Judgement."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the names of all types."""
        counts = Counter[str]()
        for types in types_of(subject).values():
            counts.update(types)
        pairs = similar_names(counts, rare=self.rare, continued=_continued(subject))
        return [self._of(subject, counts, *pair) for pair in pairs[:20]]

    def _of(self, subject: Dataset, counts: Mapping[str, int], often: str, seldom: str) -> Finding:
        certain = same_but_for_writing(often, seldom)
        looks = same_look(often, seldom)
        how = "only in capitals or separators" if certain else "by one letter or an ending"
        how = "only in characters that look alike" if looks else how
        splits = TagPairs.of(subject).counts
        return self.finding(
            f"The types {named(often)} ({counts[often]:,} entities) and {named(seldom)} "
            f"({counts[seldom]:,}) differ {how}.",
            evidence=[
                Evidence(label=f"entities of {often[:40]}", value=counts[often]),
                Evidence(label=f"entities of {seldom[:40]}", value=counts[seldom]),
            ],
            fixes=[Fix(text=f"Write {named(often)} instead of {named(seldom)}, if both mean one.")],
            severity=Severity.WARNING if certain or looks else Severity.INFO,
            tier=Tier.CONCLUSIVE if certain or looks else Tier.HEURISTIC,
            places=first_places(
                place for split in splits for place in type_places(subject, split, seldom)
            ),
        )


def _continued(subject: Dataset) -> set[tuple[str, str]]:
    """Return pairs of types of which an entity of the first goes on as the second."""
    reading = scheme(subject)
    found = set[tuple[str, str]]()
    for counts in TagPairs.of(subject).counts.values():
        for before, tag in counts:
            role, kind = reading.parsed.get(tag, ("O", ""))
            role_before, kind_before = reading.parsed.get(before, ("O", ""))
            if role in "IE" and role_before in "BI" and reading.breaks(before, tag):
                found.add((kind_before, kind))
    return found
