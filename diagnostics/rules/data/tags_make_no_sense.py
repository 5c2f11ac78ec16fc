"""D201: tags that cannot be read as entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Place, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.tag_reading import first_places
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_styles import EMPTY_TYPE

__all__ = ["TagsMakeNoSense"]

_FIXES = (
    Fix(text="Choose the columns with `--columns token=0,tag=-1` (from 0; -1 is the last)."),
    Fix(text="Tag words outside all entities with `O`, entities with prefix and type: `B-PER`."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsMakeNoSense(DataRule):
    """The tags cannot be read as entities: a type is missing, or no word is outside all entities.

    Why it matters: as a rule another column was read (part of speech, a word number), or an export
    lost part of the tags. Nothing that is learned from it would be worth anything.

    What to change: choose the column with `--columns`, or mend the tags.

    Source: the tag schemes themselves: each has a tag for words outside all entities, and each
    prefix a type.
    """

    id: ClassVar[str] = "D201"
    name: ClassVar[str] = "tags-make-no-sense"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    doubt: ClassVar[str] = "Tasks in which every word has a label, such as part-of-speech tagging."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "parts of speech": DataSample(
            train='{"tokens": ["Bell", "left"], "tags": ["NOUN", "VERB"]}\n', format="json-tokens"
        ),
        "prefixes without types": DataSample(train="Acme B-\nrose O\n\nBell B-PER\nleft O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "types without prefixes": DataSample(train="Acme ORG\nrose O\n\nBell PER\nleft O\n"),
        "the digit 0 for the letter O": DataSample(
            train='{"tokens": ["Bell", "left"], "tags": ["B-PER", "0"]}\n', format="json-tokens"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Look whether a scheme was found."""
        if not subject.splits:
            return NotApplicable(reason="nothing was read")
        if subject.scheme is not None or not subject.scheme_fault:
            return []
        found = TagPairs.of(subject)
        tags = {tag for counts in found.counts.values() for _, tag in counts if tag}
        return [
            self.finding(
                f"{subject.scheme_fault.rstrip('.')} ({counted(len(tags), 'different tag')}).",
                evidence=[Evidence(label="different tags", value=len(tags))],
                fixes=_FIXES,
                places=first_places(_places(subject)),
            )
        ]


def _places(subject: Dataset) -> Iterator[Place]:
    """Yield where tags without a type stand, else where sentences start."""
    kept = [item for places in TagPairs.of(subject).places.values() for item in places.items()]
    without = [places for (_, tag), places in kept if EMPTY_TYPE.fullmatch(tag)]
    starts = [places for (before, _), places in kept if not before]
    for places in without or starts:
        yield from places
