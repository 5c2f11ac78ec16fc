"""Counts which tag stands behind which: all that tells schemes and broken transitions apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnostics.errors import DataError
from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence
from diagnostics.scheme_detection import scheme_of
from diagnostics.tag_scheme import TagScheme

__all__ = ["Pair", "TagPairs", "TagPairsFound"]

Pair = tuple[str, str]
"""Tag before and tag; "" is the edge of a sentence."""

_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPairsFound:
    """Neighbouring tags of a data set.

    Attributes:
        counts: Split to pair to how often it stands there.
        places: Split to pair to its first places (of the second tag, or of the last word).
        scheme: How the tags of all splits together are read; None when they make no sense.
        schemes: Split to how its tags would be read if there were no others; without the splits
            whose tags make no sense.
    """

    counts: Mapping[str, Mapping[Pair, int]]
    places: Mapping[str, Mapping[Pair, tuple[Place, ...]]]
    scheme: TagScheme | None = None
    schemes: Mapping[str, TagScheme] = field(default_factory=dict)


class TagPairs(Measure[TagPairsFound]):
    """Neighbouring tags, as written."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[Pair]] = {}
        self.places: dict[str, dict[Pair, list[Place]]] = {}
        self.known: dict[str, set[Pair]] = {}

    def add(self, seen: SeenSentence) -> None:
        """Count the pairs, and keep the first places of each."""
        tags = seen.sentence.tags
        pairs = list(zip(("", *tags), (*tags, ""), strict=True))
        self.counts.setdefault(seen.split, Counter()).update(pairs)
        known = self.known.setdefault(seen.split, set())
        if not known.issuperset(pairs):
            self._keep_places(seen, pairs, known)

    def _keep_places(self, seen: SeenSentence, pairs: list[Pair], known: set[Pair]) -> None:
        kept = self.places.setdefault(seen.split, {})
        last = len(pairs) - 2
        for number, pair in enumerate(pairs):
            if pair not in known:
                word = min(number, last)
                text = f"{seen.sentence.tokens[word]} {seen.sentence.tags[word]}"
                places = kept.setdefault(pair, [])
                places.append(seen.place(word, text))
                if len(places) == _EXAMPLES:
                    known.add(pair)

    def result(self) -> TagPairsFound:
        """Return the counts and places, and what they say about the scheme."""
        whole = Counter[Pair]()
        for counts in self.counts.values():
            whole.update(counts)
        each = {split: _scheme(counts) for split, counts in self.counts.items()}
        return TagPairsFound(
            counts={split: dict(counts) for split, counts in self.counts.items()},
            places={
                split: {pair: tuple(places) for pair, places in kept.items()}
                for split, kept in self.places.items()
            },
            scheme=_scheme(whole),
            schemes={split: scheme for split, scheme in each.items() if scheme is not None},
        )


def _scheme(counts: Mapping[Pair, int]) -> TagScheme | None:
    """Return how tags with these neighbours are read, None when they make no sense."""
    try:
        return scheme_of({pair: count for pair, count in counts.items() if pair[1]})
    except DataError:
        return None
