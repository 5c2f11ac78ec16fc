"""D207: a data set in IOB1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import percent
from diagnostics.rules.data._evidence.tag_reading import first_places, readable, scheme
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["IobOneScheme"]

_IOB1 = "Anna I-PER\nBell I-PER\nleft O\n\nAcme I-ORG\nrose O\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class IobOneScheme(DataRule):
    """The data is in IOB1, in which an entity starts with `I-` unless one of its type is before it.

    Why it matters: it is read well here and trained as IOB2. Programs that expect IOB2 misread it:
    strict evaluation sees no entity where none starts with `B-`, and a model trained on the tags as
    they are hardly ever meets `B-`.

    What to change: nothing for a training with tuner; for other programs, convert it to IOB2 with
    `tuner check DATA --fix OUT`.

    Source: Ramshaw and Marcus 1995 (IOB1), Ratnaparkhi 1998 (IOB2); seqeval with
    `mode="strict", scheme=IOB2` was run on such tags.
    """

    id: ClassVar[str] = "D207"
    name: ClassVar[str] = "iob-one-scheme"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    needs = (readable,)
    doubt: ClassVar[str] = "IOB2 data in which most entities have lost their `B-`."
    bad: ClassVar[Mapping[str, DataSample]] = {"IOB1": DataSample(train=_IOB1)}
    good: ClassVar[Mapping[str, DataSample]] = {
        "IOB2": DataSample(train=_IOB1.replace("I-ORG", "B-ORG").replace("Anna I", "Anna B")),
        "IOB2 with a slip": DataSample(train="Anna B-PER\nleft O\n\nBob B-PER\n\nAcme I-ORG\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count how entities start."""
        reading = scheme(subject)
        if reading.name is not SchemeName.IOB1:
            return []
        starts = Counter[str]()
        for counts in TagPairs.of(subject).counts.values():
            for pair, count in counts.items():
                if pair[1] and reading.starts(*pair):
                    starts[reading.parsed[pair[1]][0]] += count
        total, inside = starts.total(), starts["I"]
        return [
            self.finding(
                f"The data is in IOB1: {inside:,} of {counted(total, 'entity')} "
                f"({percent(inside / total)}) start with `I-`, and `B-` only parts neighbours of "
                "one type. Programs that expect IOB2 do not see those as entities.",
                evidence=[
                    Evidence(label="entities that start with I-", value=inside),
                    Evidence(label="entities that start with B-", value=total - inside),
                ],
                fixes=[
                    Fix(
                        text="Nothing for a training with tuner, which converts it; for other "
                        "programs let `tuner check DATA --fix OUT` write a copy in IOB2."
                    )
                ],
                places=first_places(_inside_starts(subject, reading)),
            )
        ]


def _inside_starts(subject: Dataset, reading: TagScheme) -> Iterator[Place]:
    for kept in TagPairs.of(subject).places.values():
        for pair, places in kept.items():
            if pair[1] and reading.starts(*pair) and reading.parsed[pair[1]][0] == "I":
                yield from places
