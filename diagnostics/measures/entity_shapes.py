"""Counts how long entities are, and which start or end with something that is no word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.measure import Entity, Measure, SeenSentence, keep_first

__all__ = ["LONG", "EntityShapes", "EntityShapesFound", "OddEntities"]

LONG = 10
"""Words from which the places of entities are kept."""

_MOST_LONG = 5
_MOST_SIGNS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OddEntities:
    """Entities with one oddity: how many, how many of each split, and the first places."""

    count: int
    places: tuple[Place, ...]
    splits: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityShapesFound:
    """Lengths and edges of all entities.

    Attributes:
        splits: Split to its number of entities.
        lengths: Number of words to how many entities have it.
        longest: Length and place of the longest entities of at least `LONG` words, longest first.
        without_letters: Entity without any letter or digit, as written, to such entities.
        starts: Sign that starts an entity of several words to such entities.
        ends: Sign that ends an entity of several words to such entities.
    """

    splits: Mapping[str, int]
    lengths: Mapping[int, int]
    longest: tuple[tuple[int, Place], ...]
    without_letters: Mapping[str, OddEntities]
    starts: Mapping[str, OddEntities]
    ends: Mapping[str, OddEntities]


class EntityShapes(Measure[EntityShapesFound]):
    """Lengths and edges of entities."""

    def __init__(self) -> None:
        self.splits = Counter[str]()
        self.lengths = Counter[int]()
        self.longest: list[tuple[int, Place]] = []
        self.without_letters = _Signs()
        self.starts = _Signs()
        self.ends = _Signs()

    def add(self, seen: SeenSentence) -> None:
        """Look at the entities of a sentence."""
        if not seen.entities:
            return
        tokens = seen.sentence.tokens
        self.splits[seen.split] += len(seen.entities)
        self.lengths.update([end - start for start, end, _ in seen.entities])
        for entity in seen.entities:
            start, end, _ = entity
            if end - start >= LONG:
                self._keep_long(seen, entity)
            if not (tokens[start].isalnum() and tokens[end - 1].isalnum()):
                self._look_at_edges(seen, entity)

    def _keep_long(self, seen: SeenSentence, entity: Entity) -> None:
        length = entity.end - entity.start
        if len(self.longest) == _MOST_LONG and length <= self.longest[-1][0]:
            return
        self.longest.append((length, seen.place(entity.start, seen.surface(entity))))
        self.longest.sort(key=lambda item: -item[0])
        del self.longest[_MOST_LONG:]

    def _look_at_edges(self, seen: SeenSentence, entity: Entity) -> None:
        words = seen.sentence.tokens[entity.start : entity.end]
        if not any(map(_has_letters, words)):
            self.without_letters.count(" ".join(words), seen, entity)
        elif len(words) > 1:
            if not _has_letters(words[0]):
                self.starts.count(words[0], seen, entity)
            if not _has_letters(words[-1]):
                self.ends.count(words[-1], seen, entity)

    def result(self) -> EntityShapesFound:
        """Return lengths and edges."""
        return EntityShapesFound(
            splits=dict(self.splits),
            lengths=dict(sorted(self.lengths.items())),
            longest=tuple(self.longest),
            without_letters=self.without_letters.found(),
            starts=self.starts.found(),
            ends=self.ends.found(),
        )


class _Signs:
    """Counts entities by a sign, with the first places of each."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.splits: dict[str, Counter[str]] = {}
        self.places: dict[str, list[Place]] = {}

    def count(self, sign: str, seen: SeenSentence, entity: Entity) -> None:
        """Count an entity, unless there are too many different signs already."""
        if sign not in self.counts and len(self.counts) >= _MOST_SIGNS:
            return
        self.counts[sign] += 1
        self.splits.setdefault(sign, Counter())[seen.split] += 1
        shown = f"{seen.surface(entity)} {entity.type}"
        keep_first(self.places.setdefault(sign, []), seen.place(entity.start, shown))

    def found(self) -> dict[str, OddEntities]:
        """Return what was counted, the most frequent sign first."""
        return {
            sign: OddEntities(
                count=count,
                places=tuple(self.places[sign]),
                splits=dict(self.splits[sign]),
            )
            for sign, count in self.counts.most_common()
        }


def _has_letters(word: str) -> bool:
    return word.isalnum() or any(map(str.isalnum, word))
