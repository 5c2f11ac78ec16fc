"""D208: tags without the prefix of the scheme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, times
from diagnostics.rules.data._evidence.meant_tags import meant_tags
from diagnostics.rules.data._evidence.tag_reading import first_places, readable, scheme
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["TagsWithoutPrefix"]

_GOOD = "Anna B-PER\nBell I-PER\nleft O\n\nAcme B-ORG\nrose O\n\n" * 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsWithoutPrefix(DataRule):
    """Tags lack the prefix that the scheme wants, or write it in small letters.

    Why it matters: a tag such as `PER` among `B-PER` and `I-PER` is a label of its own for most
    programs. seqeval takes its first letter for the prefix: `PER` becomes the type `ER`, and types
    that start with an O, such as `ORG`, count as outside. Without any prefixes, neighbours of one
    type cannot be told apart.

    What to change: write the prefix; `tuner check DATA --fix OUT` writes all tags in IOB2.

    Source: seqeval 1.2.2, run on such tags.
    """

    id: ClassVar[str] = "D208"
    name: ClassVar[str] = "tags-without-prefix"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    needs = (readable,)
    explains: ClassVar[tuple[str, ...]] = ("D211",)
    doubt: ClassVar[str] = "Types whose names look like prefixes, such as `E-mail`."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one among many": DataSample(train=_GOOD + "Bell PER\nleft O\n"),
        "small letters and an outside": DataSample(train=_GOOD + "Bell b-per\nleft 0\n"),
        "a small letter": DataSample(train=_GOOD + "Bell b-PER\nleft O\n"),
        "none at all": DataSample(train="Anna PER\nBell PER\nleft O\n\nAcme ORG\nrose O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all with prefix": DataSample(train=_GOOD),
        "small letters throughout": DataSample(train=_GOOD.replace("B-", "b-").replace("I-", "i-")),
        "prefix behind the type": DataSample(train="Anna PER-B\nBell PER-I\nleft O\n"),
        "bare letters": DataSample(train="Anna B\nBell I\nleft O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look for tags that do not follow the style of the others."""
        reading = scheme(subject)
        if reading.name is SchemeName.PLAIN:
            return [self._none_at_all(reading)]
        if not reading.slips:
            return []
        total = sum(reading.slips.values())
        ordered = sorted(reading.slips.items(), key=lambda item: -item[1])
        shown = listed([f"{named(tag)} {times(count)}" for tag, count in ordered], 4)
        return [
            self.finding(
                f"{counted(total, 'tag')} {'is' if total == 1 else 'are'} not written like "
                f"{named(reading.style)}: {shown}. {_effect(ordered[0][0], reading)}",
                evidence=[Evidence(label="tags without prefix", value=total)],
                fixes=[
                    Fix(text=f"Write {_suggestion(tag, reading)} instead of {named(tag)}.")
                    for tag, _ in ordered[:3]
                ],
                places=first_places(_places(subject, reading)),
            )
        ]

    def _none_at_all(self, reading: TagScheme) -> Finding:
        types = [tag for tag in reading.parsed if tag != reading.outside]
        lost = [tag for tag in types if tag[0] == "O"]
        says = f"The {counted(len(types), 'type')} ({listed([named(tag) for tag in types], 4)}) "
        says += "stand without prefixes: each run of one type is read as one entity."
        if lost:
            says += f" seqeval would count {listed([named(tag) for tag in lost], 4)} as outside."
        return self.finding(
            says,
            evidence=[Evidence(label="types without prefix", value=len(types))],
            fixes=[Fix(text="Let `tuner check DATA --fix OUT` write a copy in IOB2.")],
            severity=Severity.INFO,
        )


def _effect(tag: str, reading: TagScheme) -> str:
    kind = reading.parsed[tag][1]
    known = {kind for tag, (_, kind) in reading.parsed.items() if tag not in reading.slips}
    here = f"Here {named(tag)} is read as inside an entity of the type {named(kind)}"
    if kind != tag:
        here = f"Here {named(tag)} is read like {_suggestion(tag, reading)}"
    here += "" if kind in known else ", which no other tag has"
    if tag[0] == "O":
        return f"{here}; seqeval counts it as outside."
    inside = tag[1:].split("-", 1)[-1] or "_"
    return f"{here}; seqeval reads the type {named(inside)}."


def _suggestion(tag: str, reading: TagScheme) -> str:
    """Return what was probably meant, as the end of a piece of advice."""
    first, *inside = map(named, meant_tags(tag, reading))
    return f"{first} (at the first word) or {inside[0]}" if inside else first


def _places(subject: Dataset, reading: TagScheme) -> Iterator[Place]:
    for kept in TagPairs.of(subject).places.values():
        for (_, tag), places in kept.items():
            if tag in reading.slips:
                yield from places
