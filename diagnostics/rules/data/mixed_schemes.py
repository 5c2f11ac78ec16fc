"""D206: splits that are written in different tag schemes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named
from diagnostics.rules.data._evidence.split_schemes import OtherScheme, broken, other_schemes
from diagnostics.rules.data._evidence.tag_reading import first_places
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["MixedSchemes"]

_IOB2 = "Anna B-PER\nBell I-PER\nleft O\n\nAcme B-ORG\nCorp I-ORG\nrose O\n\n" * 3
_IOB1 = _IOB2.replace("B-", "I-")
_BIOES = _IOB2.replace("I-", "E-")
_PLAIN = _IOB2.replace("B-", "").replace("I-", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedSchemes(DataRule):
    """The splits are written in different tag schemes.

    Why it matters: a model that learned `B-PER` and `I-PER` is scored against `S-PER` and `E-PER`.
    Programs that take tags as they come count most of what it finds as wrong; with different
    spellings (`PER`, `B_PER`) the two splits do not even share their labels.

    What to change: convert all splits to one scheme; `tuner check DATA --fix OUT` writes IOB2.

    Source: the definitions of the schemes. A split counts as different only when it breaks the
    rules of the training split's scheme, keeps those of its own, and the other way round.
    """

    id: ClassVar[str] = "D206"
    name: ClassVar[str] = "mixed-schemes"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    explains: ClassVar[tuple[str, ...]] = ("D205", "D208", "D209", "D210", "D211", "D212")
    doubt: ClassVar[str] = "A program that converts each split by itself."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "IOB2 and IOB1": DataSample(train=_IOB2, dev=_IOB1),
        "IOB2 and BIOES": DataSample(train=_IOB2, dev=_BIOES),
        "BIOES and IOB2": DataSample(train=_BIOES, test=_IOB2),
        "types without prefixes": DataSample(train=_IOB2, dev=_PLAIN),
        "another separator": DataSample(train=_IOB2, dev=_IOB2.replace("-", "_")),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "single words are IOB2 in any company": DataSample(
            train=_IOB2, dev="Anna B-PER\nleft O\n\nAcme B-ORG\nrose O\n"
        ),
        "a slip makes no scheme": DataSample(train=_IOB2, dev="Acme I-ORG\nrose O\n\n" + _IOB2),
        "IOB1 throughout": DataSample(train=_IOB1, dev=_IOB1 + "Anna I-PER\nBob B-PER\n"),
        "singles only": DataSample(train=_BIOES + "Anna S-PER\n", dev="Anna S-PER\nleft O\n" * 4),
    }

    fewest: int = 3
    """Tags that must contradict the other's scheme, on each side, before a split is called so."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare each split with the training split."""
        others = other_schemes(TagPairs.of(subject), fewest=self.fewest)
        return [self._of(subject, split, other) for split, other in others.items()]

    def _of(self, subject: Dataset, split: str, other: OtherScheme) -> Finding:
        whole = TagPairs.of(subject).scheme
        lost = not other.same_style and (whole is None or whole.name is SchemeName.PLAIN)
        after = ": taken together they share no label" if lost else ""
        return self.finding(
            f"train is written {_described(other.train)}, but {split} "
            f"{_described(other.own)}: {counted(other.against, 'tag')} of {split} "
            f"{'has' if other.against == 1 else 'have'} no place in the first{after}.",
            evidence=[
                Evidence(label="scheme of train", value=other.train.name.value),
                Evidence(label=f"scheme of {split}", value=other.own.name.value),
                Evidence(label=f"contradicting tags in {split}", value=other.against),
            ],
            fixes=[
                Fix(
                    text=f"Convert {split} to the scheme of train"
                    + (" by itself before they are put together." if lost else ", or all to IOB2.")
                ),
                Fix(text="`tuner check FILE --fix OUT` on each file writes it in IOB2."),
            ],
            severity=Severity.ERROR if lost else Severity.WARNING,
            places=first_places(_places(subject, split, other)),
        )


def _described(scheme: TagScheme) -> str:
    if scheme.name is SchemeName.PLAIN:
        return "in types without prefixes"
    spelled = "" if scheme.style == "B-X" else f" spelled like {named(scheme.style)}"
    return f"in {scheme.name.value}{spelled}"


def _places(subject: Dataset, split: str, other: OtherScheme) -> Iterator[Place]:
    found = TagPairs.of(subject)
    against = broken(found.counts[split], _seen_as(other))
    for (before, tag), places in found.places[split].items():
        chunked = tag and other.own.parsed[tag][0] in "ES"
        if not other.same_style or chunked or (before, tag) in against:
            yield from places


def _seen_as(other: OtherScheme) -> TagScheme:
    """Return the split's tags read by the rules of the training split."""
    return replace(other.own, name=other.train.name)
