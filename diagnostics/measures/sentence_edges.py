"""Counts which tag ends a sentence and which starts the next: entities that a break tears apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first
from diagnostics.measures.tag_pairs import Pair

__all__ = ["SentenceEdges", "SentenceEdgesFound"]

_MOST_PAIRS = 10_000
"""Different pairs with places; data with more tags than that is no tagged text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceEdgesFound:
    """The tags around the breaks between sentences that follow each other in a file.

    Attributes:
        counts: Split to the last tag of a sentence and the first of the next, to how often.
        places: Split to such a pair to its first places (of the first word behind the break).
    """

    counts: Mapping[str, Mapping[Pair, int]]
    places: Mapping[str, Mapping[Pair, tuple[Place, ...]]]


class SentenceEdges(Measure[SentenceEdgesFound]):
    """Last and first tags of neighbouring sentences, where neither is the tag `O`."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[Pair]] = {}
        self.places: dict[str, dict[Pair, list[Place]]] = {}
        self.last = "O"
        self.before: tuple[str, str] = ("", "")

    def add(self, seen: SeenSentence) -> None:
        """Compare with the end of the sentence before."""
        tags = seen.sentence.tags
        first, last, self.last = tags[0], self.last, tags[-1]
        if first == "O" or last == "O":
            self.before = seen[:2]
            return
        if self.before == seen[:2]:
            self._keep(seen, (last, first))
        self.before = seen[:2]

    def _keep(self, seen: SeenSentence, pair: Pair) -> None:
        counts = self.counts.setdefault(seen.split, Counter())
        counts[pair] += 1
        places = self.places.setdefault(seen.split, {})
        if pair in places or len(places) < _MOST_PAIRS:
            text = f"{seen.sentence.tokens[0]} {seen.sentence.tags[0]}"
            keep_first(places.setdefault(pair, []), seen.place(0, text))

    def result(self) -> SentenceEdgesFound:
        """Return the counts and places."""
        return SentenceEdgesFound(
            counts={split: dict(counts) for split, counts in self.counts.items()},
            places={
                split: {pair: tuple(places) for pair, places in kept.items()}
                for split, kept in self.places.items()
            },
        )
