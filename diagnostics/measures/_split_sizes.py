"""What was counted of one split: sentences, words, and entities of each label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from diagnostics.findings import Place

__all__ = ["LabelSize", "SplitSizes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSize:
    """How often a label (entity type) occurs in a split.

    Attributes:
        entities: Entities of it.
        sentences: Sentences that hold at least one.
        squares: Sum over the sentences of the squared number of its entities there: the variance
            of `entities` under redrawing of sentences.
        places: The first ones.
    """

    entities: int
    sentences: int
    squares: int
    places: tuple[Place, ...] = ()

    @property
    def interval(self) -> tuple[int, int]:
        """How many there would be in another draw of as many sentences, with 95 % confidence.

        The normal interval of the logarithm, with the variance of a bootstrap by sentences: wider
        than a Poisson interval where entities come in flocks. Of 0 it is the rule of three.
        """
        if not self.entities:
            return 0, 3
        factor = math.exp(1.96 * math.sqrt(self.squares) / self.entities)
        return math.floor(self.entities / factor), math.ceil(self.entities * factor)


@dataclass(frozen=True, kw_only=True)
class SplitSizes:
    """How much there is in one split.

    Attributes:
        lengths: Number of words to how many sentences have it, by length.
        labels: Label (entity type) to how often it occurs, most frequent first.
        entity_words: Words inside entities.
        sentences_with_entities: Sentences that hold at least one entity.
        squared_entities: Sum over the sentences of the squared number of entities.
        longest: Places of the longest sentences of at least 128 words, longest first.
        one_word: First places of sentences of one word.
    """

    lengths: Mapping[int, int]
    labels: Mapping[str, LabelSize]
    entity_words: int
    sentences_with_entities: int
    squared_entities: int
    longest: tuple[Place, ...] = ()
    one_word: tuple[Place, ...] = ()

    @cached_property
    def sentences(self) -> int:
        """Number of sentences."""
        return sum(self.lengths.values())

    @cached_property
    def words(self) -> int:
        """Number of words."""
        return sum(length * count for length, count in self.lengths.items())

    @cached_property
    def entities(self) -> int:
        """Number of entities of all labels."""
        return sum(label.entities for label in self.labels.values())

    @property
    def outside_share(self) -> float:
        """Share of words outside all entities: the accuracy of always answering O; NaN of none."""
        return 1 - self.entity_words / self.words if self.words else math.nan

    @property
    def entities_beside(self) -> float:
        """Mean number of entities in the sentence of an entity, itself included; 1.0 of none."""
        return self.squared_entities / self.entities if self.entities else 1.0

    def length_at(self, share: float) -> int:
        """Return the length in words that `share` of the sentences do not exceed; 0 of none."""
        reached, wanted = 0, share * self.sentences
        for length, count in self.lengths.items():
            reached += count
            if reached >= wanted:
                return length
        return 0
