"""Which scheme each split is written in, as far as its tags leave no other reading.

Small splits allow several readings: a split of single-word entities is IOB2 and IOB1 at once. So
two splits are called different only when each breaks the rules of the other and keeps its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagnostics.measures.tag_pairs import Pair, TagPairsFound
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["OtherScheme", "broken", "other_schemes", "readings"]

_CHUNKED = (SchemeName.BIOES, SchemeName.BILOU)

_TIDY = 0.05
"""Share of the tagged words up to which broken rules are slips of a split that keeps a scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherScheme:
    """A split that is written otherwise than the training split.

    Attributes:
        own: How the split is written.
        train: How the training split is written.
        against: How many of its tags have no place in the scheme of the training split.
        same_style: Whether the tags at least are spelled in the same way.
    """

    own: TagScheme
    train: TagScheme
    against: int
    same_style: bool


def broken(counts: Mapping[Pair, int], reading: TagScheme) -> dict[Pair, int]:
    """Return the pairs of tags that break the rules of a scheme; slips are no part of it."""
    return {
        pair: count
        for pair, count in counts.items()
        if reading.slips.keys().isdisjoint(pair) and reading.breaks(*pair)
    }


def other_schemes(found: TagPairsFound, *, fewest: int) -> dict[str, OtherScheme]:
    """Return the splits that are written otherwise than the training split.

    Args:
        found: Pairs of tags of each split.
        fewest: Tags that must contradict the other's scheme, on each side.
    """
    train = found.schemes.get("train")
    there = found.counts.get("train", {})
    if train is None or not _tagged_words(there, train):
        return {}
    others: dict[str, OtherScheme] = {}
    for split, own in found.schemes.items():
        here = found.counts[split]
        if split == "train" or not _tagged_words(here, own):
            continue
        spelled = own.style == train.style and own.outside == train.outside
        against = _contradicting(here, own, train) if spelled else _strange(here, own, train)
        certain = (
            _each_keeps_its_own((here, own), (there, train), fewest)
            if spelled
            else 2 * against > _tagged_words(here, own)
        )
        if certain and against >= fewest:
            others[split] = OtherScheme(own=own, train=train, against=against, same_style=spelled)
    return others


def readings(found: TagPairsFound, *, fewest: int = 3) -> dict[str, TagScheme]:
    """Return by which rules each split is judged: by its own where the splits differ in scheme.

    Args:
        found: Pairs of tags of each split, whose tags make sense as a whole.
        fewest: As for `other_schemes`.
    """
    assert found.scheme is not None
    if not other_schemes(found, fewest=fewest):
        return dict.fromkeys(found.counts, found.scheme)
    return {split: found.schemes.get(split, found.scheme) for split in found.counts}


def _words(counts: Mapping[Pair, int]) -> Counter[str]:
    words = Counter[str]()
    for (_, tag), count in counts.items():
        if tag:
            words[tag] += count
    return words


def _tagged_words(counts: Mapping[Pair, int], reading: TagScheme) -> int:
    return sum(count for tag, count in _words(counts).items() if tag != reading.outside)


def _strange(counts: Mapping[Pair, int], own: TagScheme, train: TagScheme) -> int:
    """Return how many tags of a split the style of the training split cannot read."""
    return sum(
        count
        for tag, count in _words(counts).items()
        if tag not in train.parsed and (tag == own.outside or _unreadable(tag, own, train))
    )


def _unreadable(tag: str, own: TagScheme, train: TagScheme) -> bool:
    if train.pattern is not None:
        return train.pattern.fullmatch(tag) is None
    return own.pattern is not None  # a new plain type is one that the training split lacks


def _contradicting(counts: Mapping[Pair, int], own: TagScheme, other: TagScheme) -> int:
    """Return how many tags of a split break the rules of another's scheme, or are unknown there."""
    if own.name in _CHUNKED and other.name not in _CHUNKED:
        return sum(count for tag, count in _words(counts).items() if own.parsed[tag][0] in "ES")
    return sum(broken(counts, replace(own, name=other.name)).values())


def _each_keeps_its_own(
    one: tuple[Mapping[Pair, int], TagScheme],
    other: tuple[Mapping[Pair, int], TagScheme],
    fewest: int,
) -> bool:
    """Whether both keep the rules of their own scheme, and the second breaks those of the first."""
    tidy = all(
        sum(broken(counts, reading).values()) <= _TIDY * _tagged_words(counts, reading)
        for counts, reading in (one, other)
    )
    return tidy and _contradicting(*other, one[1]) >= fewest
