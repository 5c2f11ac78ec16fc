"""Finds out how the same words are annotated at different places.

The pass keeps a sample of the sentences (all of them up to 50,000), from which two looks are taken
at the end: the first collects the entities as a dictionary, the second finds the entries of the
dictionary where nobody annotated them. Memory is bounded by the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.measure import Measure, SeenSentence
from diagnostics.measures._entity_dictionary import ARTICLES, EntityDictionary, SurfaceForm
from diagnostics.measures._kept_sentence import SentenceSample

__all__ = ["ARTICLES", "SurfaceForm", "SurfaceForms", "SurfaceFormsFound"]

_MOST_SENTENCES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceFormsFound:
    """Entity strings with the ways in which they are annotated.

    Attributes:
        forms: Lower-cased string to how it is annotated, for strings that are annotated at least
            twice; the most frequent first.
        looked_at: Sentences that were looked at.
        sentences: Sentences in all.
    """

    forms: Mapping[str, SurfaceForm]
    looked_at: int
    sentences: int

    @property
    def sampled(self) -> str:
        """What to say when not every sentence was looked at; empty when all were."""
        if self.looked_at == self.sentences:
            return ""
        return f" ({self.looked_at:,} of {self.sentences:,} sentences were looked at)"


class SurfaceForms(Measure[SurfaceFormsFound]):
    """Annotations of equal words."""

    def __init__(self) -> None:
        self.sample = SentenceSample(_MOST_SENTENCES)

    def add(self, seen: SeenSentence) -> None:
        """Keep the sentence if it belongs to the sample."""
        self.sample.add(seen)

    def result(self) -> SurfaceFormsFound:
        """Return how each string is annotated."""
        sentences = self.sample.sentences
        dictionary = EntityDictionary()
        for sentence in sentences:
            dictionary.learn(sentence)
        dictionary.close()
        for sentence in sentences:
            dictionary.look_up(sentence)
        return SurfaceFormsFound(
            forms=dictionary.forms(), looked_at=len(sentences), sentences=self.sample.seen
        )
