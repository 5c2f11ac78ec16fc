"""Measures how words are capitalised, inside entities and outside."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.measure import Measure, SeenSentence

__all__ = ["Casing", "CasingFound"]

_ENOUGH = 20_000
"""Sentences after which shares do not change any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasingFound:
    """Words that begin with a letter that has two cases.

    Attributes:
        entity_words: Such words inside entities.
        entity_capitals: How many of them begin with a capital.
        other_words: Such words outside entities, the first word of each sentence left out.
        other_capitals: How many of them begin with a capital.
    """

    entity_words: int
    entity_capitals: int
    other_words: int
    other_capitals: int


class Casing(Measure[CasingFound]):
    """Capital letters at the beginning of words, in the first sentences of a data set."""

    def __init__(self) -> None:
        self.sentences = 0
        self.words = [0, 0]
        self.capitals = [0, 0]

    def add(self, seen: SeenSentence) -> None:
        """Count the words of a sentence, until there are enough."""
        self.sentences += 1
        if self.sentences > _ENOUGH:
            return
        inside = {word for one in seen.entities for word in range(one.start, one.end)}
        for number, word in enumerate(seen.sentence.tokens):
            entity = number in inside
            first = word[:1]
            if (entity or number) and first.lower() != first.upper():
                self.words[entity] += 1
                self.capitals[entity] += first.isupper()

    def result(self) -> CasingFound:
        """Return the counts."""
        return CasingFound(
            entity_words=self.words[True],
            entity_capitals=self.capitals[True],
            other_words=self.words[False],
            other_capitals=self.capitals[False],
        )
