"""Looks for labels that the rest of the data speaks against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence
from diagnostics.measures._kept_sentence import KeptSentence, SentenceSample
from diagnostics.measures._label_model import out_of_fold_probabilities

__all__ = ["LabelConfidence", "LabelConfidenceFound", "LabelDoubt"]

_MOST_SENTENCES = 20_000
_MOST_DOUBTS = 200
_MOST_TYPES = 40
"""Types for which models are trained; sentences with a rarer one are left out."""

_FEWEST_SENTENCES = 50
"""Sentences below which a model that holds out a part of them has seen too little."""

_UNSURE = 0.05
"""Confidence in a label over the usual confidence in that label, below which it is doubted."""

_OUTSIDE = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDoubt:
    """A label that a model trained on the other sentences does not believe.

    Attributes:
        place: Where it stands.
        words: What stands there.
        label: Type of the entity; `O` when the words are outside.
        suggested: What the model would say.
        confidence: Probability of the own label.
        suggested_confidence: Probability of the suggested one.
        rank: Confidence over the mean confidence in this label; the list is sorted by it.
    """

    place: Place
    words: str
    label: str
    suggested: str
    confidence: float
    suggested_confidence: float
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelConfidenceFound:
    """Doubtful labels.

    Attributes:
        doubts: The most doubtful labels, the worst first; at most 200.
        count: How many there are in all.
        entities: Entities that were looked at.
        looked_at: Sentences that were looked at.
        sentences: Sentences in all.
    """

    doubts: tuple[LabelDoubt, ...]
    count: int
    entities: int
    looked_at: int
    sentences: int


class LabelConfidence(Measure[LabelConfidenceFound]):
    """Out-of-fold confidence in each entity, and in words that look like one.

    The sentences are taken evenly from the whole, at most 20,000.
    """

    on_request: ClassVar[str] = "deep"
    absent: ClassVar[str] = "it trains a small model: add `--deep`"

    def __init__(self) -> None:
        self.sample = SentenceSample(_MOST_SENTENCES)

    def add(self, seen: SeenSentence) -> None:
        """Keep the sentence if it belongs to the sample."""
        self.sample.add(seen)

    def result(self) -> LabelConfidenceFound:
        """Train the models and return the doubtful labels."""
        sentences = self.sample.sentences
        doubts: list[LabelDoubt] = []
        if len(sentences) >= _FEWEST_SENTENCES:
            doubts = sorted(_doubts(sentences), key=lambda doubt: doubt.rank)
        return LabelConfidenceFound(
            doubts=tuple(doubts[:_MOST_DOUBTS]),
            count=len(doubts),
            entities=sum(len(sentence.entities) for sentence in sentences),
            looked_at=len(sentences),
            sentences=self.sample.seen,
        )


class _Span(NamedTuple):
    """Words of a sentence with one label."""

    sentence: KeptSentence
    start: int
    end: int
    label: int
    first: int  # number of its first word in the sample


def _doubts(sentences: Sequence[KeptSentence]) -> Iterator[LabelDoubt]:
    import numpy as np

    types = Counter(kind for each in sentences for *_, kind in each.entities)
    names = [_OUTSIDE, *(kind for kind, _ in types.most_common(_MOST_TYPES))]
    numbers = {name: number for number, name in enumerate(names)}
    sentences = [each for each in sentences if all(kind in numbers for *_, kind in each.entities)]
    words = [sentence.words for sentence in sentences]
    labels = [label for each in sentences for label in _labels(each, numbers)]
    if len(names) == 1:
        return
    chances = out_of_fold_probabilities(words, labels, len(names))
    known = np.asarray(labels)
    usual = [
        float(chances[known == label, label].mean()) if (known == label).any() else 1.0
        for label in range(len(names))
    ]
    best = chances.argmax(axis=1).tolist()
    for span in _spans(sentences, numbers, best):
        mean = chances[span.first : span.first + span.end - span.start].mean(axis=0)
        found = _doubt(span, names, mean.tolist(), usual)
        if found is not None:
            yield found


def _doubt(
    span: _Span,
    names: Sequence[str],
    mean: Sequence[float],
    usual: Sequence[float],
) -> LabelDoubt | None:
    """Return the doubt about a span, None when its label is believed."""
    suggested = max(range(len(names)), key=mean.__getitem__)
    rank = mean[span.label] / max(usual[span.label], 1e-9)
    if suggested == span.label or rank >= _UNSURE:
        return None
    words = " ".join(span.sentence.words[span.start : span.end])
    return LabelDoubt(
        place=span.sentence.place(span.start, words),
        words=words[:80],
        label=names[span.label],
        suggested=names[suggested],
        confidence=mean[span.label],
        suggested_confidence=mean[suggested],
        rank=rank,
    )


def _labels(sentence: KeptSentence, numbers: Mapping[str, int]) -> list[int]:
    labels = [0] * len(sentence.words)
    for start, end, kind in sentence.entities:
        labels[start:end] = [numbers[kind]] * (end - start)
    return labels


def _spans(
    sentences: Sequence[KeptSentence], numbers: Mapping[str, int], best: Sequence[int]
) -> Iterator[_Span]:
    """Yield the entities, and the runs of words outside that look like an entity of one type."""
    first = 0
    for sentence in sentences:
        length = sentence.text.count("\n") + 1
        edges = [0, *(edge for entity in sentence.entities for edge in entity[:2]), length]
        for start, end, kind in sentence.entities:
            yield _Span(sentence, start, end, numbers[kind], first + start)
        for gap in zip(edges[::2], edges[1::2], strict=True):
            for start, end in _runs(best, first + gap[0], first + gap[1]):
                yield _Span(sentence, start - first, end - first, 0, start)
        first += length


def _runs(best: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of equal types other than 0 between two places."""
    edges = [
        place
        for place in range(start, end + 1)
        if place in (start, end) or best[place] != best[place - 1]
    ]
    yield from (run for run in pairwise(edges) if best[run[0]])
