"""Counts how many entities of dev and test stand in train as well, with the same label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first

__all__ = ["EntityOverlap", "EntityOverlapFound", "SplitOverlap"]

_MOST_HELD = 400_000
"""Different entities of train that are held; above it every second one, every fourth, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOverlap:
    """How many entities of a split are known from train.

    Attributes:
        looked_up: Label to how many entities were looked up, each occurrence by itself.
        known: Label to how many of them occur in train with that label, letter case aside.
        unknown_places: The first entities that do not.
    """

    looked_up: Mapping[str, int]
    known: Mapping[str, int]
    unknown_places: tuple[Place, ...] = ()

    @property
    def share(self) -> float:
        """Share of known entities over all labels; 0.0 of none."""
        return sum(self.known.values()) / max(1, sum(self.looked_up.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityOverlapFound:
    """Entities known from train, for each other split.

    Attributes:
        splits: Split to its overlap; only splits with entities that were looked up.
        sampled: One of how many different entities was looked up: 1 is all.
    """

    splits: Mapping[str, SplitOverlap]
    sampled: int = 1


class EntityOverlap(Measure[EntityOverlapFound]):
    """Entities of dev and test that occur in train with the same label."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._mask = 0
        self._looked_up: dict[str, Counter[str]] = {}
        self._found: dict[str, Counter[str]] = {}
        self._places: dict[str, list[Place]] = {}

    def add(self, seen: SeenSentence) -> None:
        """Keep the entities of a training sentence, look up those of another."""
        if not seen.entities:
            return
        tokens = seen.sentence.tokens
        keys = [
            hash((label, " ".join(tokens[start:end]).casefold()))
            for start, end, label in seen.entities
        ]
        if seen.split == "train":
            mask = self._mask
            self._known.update([key for key in keys if not key & mask] if mask else keys)
            if len(self._known) > _MOST_HELD:
                self._thin_out()
        else:
            self._look_up(seen, keys)

    def _thin_out(self) -> None:
        """Hold a sample by hash value, so that the same entities are looked up in every split."""
        self._mask = 2 * self._mask + 1
        self._known = {key for key in self._known if not key & self._mask}

    def _look_up(self, seen: SeenSentence, keys: list[int]) -> None:
        looked_up = self._looked_up.setdefault(seen.split, Counter())
        found = self._found.setdefault(seen.split, Counter())
        for entity, key in zip(seen.entities, keys, strict=True):
            if key & self._mask:
                continue
            looked_up[entity.type] += 1
            if key in self._known:
                found[entity.type] += 1
            else:
                places = self._places.setdefault(seen.split, [])
                if len(places) < 5:
                    text = f"{seen.surface(entity)} ({entity.type})"
                    keep_first(places, seen.place(entity.start, text))

    def result(self) -> EntityOverlapFound:
        """Return the counts of each split."""
        return EntityOverlapFound(
            splits={
                split: SplitOverlap(
                    looked_up=dict(counts),
                    known={label: self._found[split][label] for label in counts},
                    unknown_places=tuple(self._places.get(split, ())),
                )
                for split, counts in self._looked_up.items()
                if counts
            },
            sampled=self._mask + 1,
        )
