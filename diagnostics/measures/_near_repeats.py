"""Finds sentences that share most of their word triples: exact, without comparing all pairs.

Two sets with a Jaccard similarity of at least t share at least t of the larger one. So of n triples
any n - ceil(t n) + 1 hold one that both share: it is enough to look up the rarest few triples of
each sentence (prefix filtering, Chaudhuri et al. 2006) and to compare what they lead to. Unlike
MinHash this misses nothing, and it needs no library.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["near_repeats", "triples"]

Triple = tuple[str, str, str]


def triples(text: str) -> frozenset[Triple]:
    """Return the triples of neighbouring words of a text whose words stand between blanks."""
    words = text.split(" ")
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def near_repeats(
    asked: Sequence[str], texts: Iterable[str], *, similarity: float
) -> Iterator[tuple[int, int]]:
    """Yield the number of each asked text and of the first near repeat of it, in order of `texts`.

    Args:
        asked: Texts to look for, of three words or more.
        texts: Where to look.
        similarity: Least Jaccard similarity of their triples, above 0 and up to 1.
    """
    sets = [triples(text) for text in asked]
    index = _rarest_triples(sets, similarity)
    found: set[int] = set()
    for place, text in enumerate(texts):
        those = triples(text)
        hits = those & index.keys()
        if not hits:
            continue
        for candidate in {number for hit in hits for number in index[hit]} - found:
            shared = len(sets[candidate] & those)
            if shared >= similarity * (len(sets[candidate]) + len(those) - shared):
                found.add(candidate)
                yield candidate, place


def _rarest_triples(
    sets: Sequence[frozenset[Triple]], similarity: float
) -> dict[Triple, list[int]]:
    frequency = Counter(triple for each in sets for triple in each)
    index: dict[Triple, list[int]] = {}
    for number, each in enumerate(sets):
        prefix = len(each) - math.ceil(similarity * len(each)) + 1
        for triple in sorted(each, key=lambda triple: (frequency[triple], triple))[:prefix]:
            index.setdefault(triple, []).append(number)
    return index
