"""D205: tags that may not follow each other under the scheme of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.sentence_edges import SentenceEdges
from diagnostics.measures.tag_pairs import Pair, TagPairs
from diagnostics.rules.data._evidence.crossings import crossings
from diagnostics.rules.data._evidence.label_wording import named, per_split, times
from diagnostics.rules.data._evidence.split_schemes import broken, readings
from diagnostics.rules.data._evidence.tag_reading import first_places, readable, scheme
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["BrokenTransitions"]

_GOOD = "Anna B-PER\nBell I-PER\nleft O\n\nAcme B-ORG\nrose O\n\n" * 3
_REPAIRS = {
    "IOB1": "write `I-` instead of `B-` where no entity of the same type ends just before",
    "IOB2": "write `B-` at the first word of each entity",
    "BIOES": "write `B-` at the first word, `E-` at the last, and `S-` for single words",
    "BILOU": "write `B-` at the first word, `L-` at the last, and `U-` for single words",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenTransitions(DataRule):
    """Tags follow each other that may not do so under the scheme of the data.

    Why it matters: an `I-PER` behind `O` in IOB2, or an entity that is opened and never closed in
    BIOES, is read in different ways by different programs: here an entity starts there, in strict
    evaluation it does not exist. As a rule a word's tag was changed or lost in editing.

    What to change: look at the lines; `tuner check DATA --fix OUT` writes a copy in which every
    entity starts and ends as IOB2 wants it.

    Source: the definitions of the schemes (Ramshaw and Marcus 1995; Ratinov and Roth 2009). In a
    data set in IOB1 `I-` at the start of an entity is no defect.
    """

    id: ClassVar[str] = "D205"
    name: ClassVar[str] = "broken-transitions"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs, SentenceEdges)
    needs = (readable,)
    doubt: ClassVar[str] = "A mixture of two schemes on purpose, which your own reader understands."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "inside without a beginning": DataSample(train=_GOOD + "then O\nCorp I-ORG\nrose O\n"),
        "another type goes on": DataSample(train=_GOOD, dev="Anna B-PER\nBell I-ORG\nleft O\n"),
        "an open end in BIOES": DataSample(
            train="Anna B-PER\nBell E-PER\nleft O\n\nAcme S-ORG\nrose O\n\nAnna B-PER\nleft O\n"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "IOB1": DataSample(train="Anna I-PER\nBell I-PER\nBob B-PER\nleft O\n\nAcme I-ORG\n"),
        "neighbours in IOB2": DataSample(train="Anna B-PER\nBob B-PER\nleft O\n"),
        "BILOU": DataSample(train="Anna B-PER\nBell L-PER\nAcme U-ORG\nrose O\n"),
    }

    fewest_for_a_scheme: int = 3
    """Tags from which a split counts as written in another scheme, not as broken."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the neighbours in each split."""
        found = _broken_pairs(subject, self.fewest_for_a_scheme)
        splits = {split: sum(pairs.values()) for split, pairs in found.items()}
        total = sum(splits.values())
        if not total:
            return []
        name = scheme(subject).name.value
        kinds = Counter[Pair]()
        for pairs in found.values():
            kinds.update(pairs)
        shown = [f"{_described(pair)} {times(count)}" for pair, count in kinds.most_common()]
        return [
            self.finding(
                f"{counted(total, 'tag')} {'breaks' if total == 1 else 'break'} the rules of "
                f"{name} ({per_split(splits)}): {listed(shown, 4)}.",
                evidence=[
                    Evidence(label=f"broken transitions in {split}", value=count)
                    for split, count in splits.items()
                    if count
                ],
                fixes=[
                    Fix(text=f"Look at these lines; in {name}, {_REPAIRS[name]}."),
                    Fix(
                        text="Or let `tuner check DATA --fix OUT` write a copy in IOB2, in which "
                        f"{counted(total, 'tag')} {'is' if total == 1 else 'are'} repaired."
                    ),
                ],
                places=first_places(_places(subject, found)),
            )
        ]


def _broken_pairs(subject: Dataset, fewest: int) -> dict[str, dict[Pair, int]]:
    """Return the broken pairs of each split, without those that a torn sentence explains."""
    pairs = TagPairs.of(subject)
    found: dict[str, dict[Pair, int]] = {}
    for split, reading in readings(pairs, fewest=fewest).items():
        torn = Counter[Pair]()
        for last, first, count in crossings(subject, split, reading):
            torn.update({("", first): count, (last, ""): count})
        rest = {
            pair: count - torn[pair] for pair, count in broken(pairs.counts[split], reading).items()
        }
        found[split] = {pair: count for pair, count in rest.items() if count > 0}
    return found


def _places(subject: Dataset, found: Mapping[str, Mapping[Pair, int]]) -> Iterator[Place]:
    torn = {
        place
        for kept in SentenceEdges.of(subject).places.values()
        for places in kept.values()
        for place in places
    }
    for split, pairs in found.items():
        for pair in pairs:
            for place in TagPairs.of(subject).places[split].get(pair, ()):
                if place not in torn:
                    yield place


def _described(pair: Pair) -> str:
    before, tag = pair
    if not tag:
        return f"{named(before)} at the end of a sentence"
    return f"{named(tag)} behind {named(before)}" if before else f"{named(tag)} at a start"
