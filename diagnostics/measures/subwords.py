"""Measures how a tokenizer cuts the words: lengths, lost entities, unknown and vanished words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, NamedTuple

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first

__all__ = ["Pieces", "SubwordSplitter", "Subwords", "SubwordsFound"]

_BATCH = 2_000
"""Sentences whose new words are tokenized together: one call costs far more than one word."""

_KNOWN_WORDS = 2_000_000
"""Distinct words that are remembered; more are forgotten and tokenized again."""


class Pieces(NamedTuple):
    """How one word is cut: its sub-tokens, and how many of them are the unknown token."""

    subtokens: int
    unknown: int


SubwordSplitter = Callable[[Sequence[str]], Sequence[Pieces]]
"""Cuts distinct words, each by itself; returns as many as it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubwordsFound:
    """A data set in sub-tokens of one model. Lengths include the special tokens.

    Attributes:
        special: Special tokens that each input gets.
        max_length: Length at which inputs would be cut, in sub-tokens.
        lengths: Split to length to number of sentences.
        words: Split to number of words.
        pieces: Split to number of sub-tokens, special tokens left out.
        entity_ends: Entity type to the length at which its last word still begins inside the input,
            to number of entities. An entity is lost at every `max_length` below.
        entity_places: First entities that lie beyond `max_length`.
        words_beyond: Split to number of words that begin beyond `max_length`.
        unknown_words: Words of which a part is unknown to the tokenizer.
        unknown_entity_words: How many of them belong to entities.
        unknown_places: First of them.
        vanished_words: Words of which the tokenizer leaves nothing.
        vanished_entity_words: How many of them belong to entities.
        vanished_places: First of them.
    """

    special: int
    max_length: int
    lengths: Mapping[str, Mapping[int, int]]
    words: Mapping[str, int]
    pieces: Mapping[str, int]
    entity_ends: Mapping[str, Mapping[int, int]]
    entity_places: tuple[Place, ...] = ()
    words_beyond: Mapping[str, int]
    unknown_words: int = 0
    unknown_entity_words: int = 0
    unknown_places: tuple[Place, ...] = ()
    vanished_words: int = 0
    vanished_entity_words: int = 0
    vanished_places: tuple[Place, ...] = ()

    def lost_entities(self, max_length: int) -> dict[str, int]:
        """Return how many entities of each type are lost where inputs are cut at a length."""
        return {
            kind: sum(count for end, count in ends.items() if end > max_length)
            for kind, ends in self.entity_ends.items()
        }

    def lengths_of_all(self) -> Counter[int]:
        """Return length to number of sentences over all splits."""
        total = Counter[int]()
        for lengths in self.lengths.values():
            total.update(lengths)
        return total


class Subwords(Measure[SubwordsFound]):
    """Sentences in sub-tokens of a model.

    Args:
        split: Cuts words as the model's tokenizer does.
        special: Special tokens that each input gets.
        max_length: Length at which inputs would be cut, special tokens included.
    """

    absent: ClassVar[str] = "no model was named: add --model"
    handed_in: ClassVar[bool] = True

    def __init__(self, split: SubwordSplitter, *, special: int, max_length: int) -> None:
        self.split = split
        self.special = special
        self.max_length = max_length
        self.known: dict[str, Pieces] = {}
        self.waiting: list[SeenSentence] = []
        self.lengths: dict[str, Counter[int]] = {}
        self.words = Counter[str]()
        self.pieces = Counter[str]()
        self.beyond = Counter[str]()
        self.entity_ends: dict[str, Counter[int]] = {}
        self.rare = Counter[str]()
        self.places: dict[str, list[Place]] = {"entity": [], "unknown": [], "vanished": []}

    def add(self, seen: SeenSentence) -> None:
        """Take a sentence in; its words are tokenized together with those of others."""
        self.waiting.append(seen)
        if len(self.waiting) >= _BATCH:
            self._measure_waiting()

    def _measure_waiting(self) -> None:
        if len(self.known) > _KNOWN_WORDS:
            self.known.clear()
        words = {word for seen in self.waiting for word in seen.sentence.tokens}
        new = sorted(words - self.known.keys())
        self.known.update(zip(new, self.split(new) if new else (), strict=True))
        odd = {word for word in words if not self.known[word].subtokens or self.known[word].unknown}
        for seen in self.waiting:
            self._measure(seen)
            if odd and not odd.isdisjoint(seen.sentence.tokens):
                self._note_odd_words(seen)
        self.waiting.clear()

    def _measure(self, seen: SeenSentence) -> None:
        sizes = [self.known[word].subtokens for word in seen.sentence.tokens]
        length = sum(sizes)
        self.words[seen.split] += len(sizes)
        self.pieces[seen.split] += length
        self.lengths.setdefault(seen.split, Counter())[length + self.special] += 1
        if not seen.entities and length + self.special <= self.max_length:
            return
        # A word is seen when its first sub-token fits in beside all special tokens.
        begins = [before + 1 + self.special for before in accumulate(sizes, initial=0)]
        for entity in seen.entities:
            end = begins[entity.end - 1]
            self.entity_ends.setdefault(entity.type, Counter())[end] += 1
            if end > self.max_length:
                text = f"{seen.surface(entity)} ({entity.type})"
                keep_first(self.places["entity"], seen.place(entity.end - 1, text))
        self.beyond[seen.split] += sum(begin > self.max_length for begin in begins[:-1])

    def _note_odd_words(self, seen: SeenSentence) -> None:
        inside = {word for one in seen.entities for word in range(one.start, one.end)}
        for number, word in enumerate(seen.sentence.tokens):
            subtokens, unknown = self.known[word]
            kind = "vanished" if not subtokens else "unknown" if unknown else ""
            if kind:
                self.rare[kind] += 1
                self.rare[f"{kind} in entities"] += number in inside
                keep_first(self.places[kind], seen.place(number, word))

    def result(self) -> SubwordsFound:
        """Return what was measured."""
        self._measure_waiting()
        return SubwordsFound(
            special=self.special,
            max_length=self.max_length,
            lengths={split: dict(found) for split, found in self.lengths.items()},
            words=dict(self.words),
            pieces=dict(self.pieces),
            entity_ends={kind: dict(ends) for kind, ends in self.entity_ends.items()},
            entity_places=tuple(self.places["entity"]),
            words_beyond=dict(self.beyond),
            unknown_words=self.rare["unknown"],
            unknown_entity_words=self.rare["unknown in entities"],
            unknown_places=tuple(self.places["unknown"]),
            vanished_words=self.rare["vanished"],
            vanished_entity_words=self.rare["vanished in entities"],
            vanished_places=tuple(self.places["vanished"]),
        )
