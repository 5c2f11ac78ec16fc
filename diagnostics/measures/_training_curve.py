"""Trains a light tagger on growing parts of the training split and scores each.

The tagger is a linear classifier of single words that knows no other texts: a stand-in for an
encoder that is trained within seconds on a CPU. It scores lower, but where more sentences teach it
something, they usually teach an encoder something, too.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from diagnostics.entity_scores import EntityCounts, count_entities
from diagnostics.measures._word_features import word_matrix

__all__ = ["Labelled", "PartScore", "train_on_parts"]

PARTS = (0.25, 0.5, 0.75, 1.0)
SEEDS = 3
"""Draws of each part; of the whole there is only one."""


class Labelled(NamedTuple):
    """Words of a sentence and their tags in IOB2."""

    tokens: tuple[str, ...]
    tags: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """One training on a part of the sentences.

    Attributes:
        sentences: How many sentences it was trained on.
        counts: Correct, predicted and gold entities of each evaluated sentence.
    """

    sentences: int
    counts: tuple[tuple[int, int, int], ...]

    @property
    def f1(self) -> float:
        """Entity-level F1 over all evaluated sentences."""
        correct, predicted, gold = map(sum, zip(*self.counts, strict=True))
        return EntityCounts(correct=correct, predicted=predicted, gold=gold).f1


def train_on_parts(train: Sequence[Labelled], held_out: Sequence[Labelled]) -> list[PartScore]:
    """Return the scores of parts of train, each drawn several times, smallest part first."""
    import numpy as np

    everything = [*train, *held_out]
    matrix = word_matrix([each.tokens for each in everything])
    ends = np.cumsum([len(each.tokens) for each in everything])
    starts = ends - [len(each.tokens) for each in everything]
    asked = np.arange(starts[len(train)], ends[-1])
    found = []
    for part in PARTS:
        for seed in range(SEEDS if part < 1 else 1):
            chosen = _drawn(len(train), part, seed)
            rows = np.concatenate([np.arange(starts[one], ends[one]) for one in chosen])
            learned = [train[one] for one in chosen]
            predicted = _predicted(learned, matrix[rows], held_out, matrix[asked])
            found.append(PartScore(sentences=len(chosen), counts=_counts(held_out, predicted)))
    return found


def _drawn(count: int, part: float, seed: int) -> list[int]:
    """Return which sentences a part holds: smaller parts of a seed are parts of larger ones."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return sorted(order[: max(1, round(part * count))])


def _predicted(
    learned: Sequence[Labelled],
    rows: Any,
    held_out: Sequence[Labelled],
    asked: Any,
) -> list[str]:
    """Return the tag of each held-out word, by a tagger that learned from some sentences.

    Words in small letters that are in no learned entity are worth no model: they are outside. That
    leaves a third to two thirds of all words.
    """
    import numpy as np

    known = {word.lower() for each in learned for word in _entity_words(each)}
    tags = np.array([tag for each in learned for tag in each.tags])
    open_rows, open_asked = (
        np.flatnonzero(_worth_a_model(sentences, known)) for sentences in (learned, held_out)
    )
    predicted = ["O"] * asked.shape[0]
    if len(open_asked) and len(open_rows):
        found = _fitted(rows[open_rows], tags[open_rows]).predict(asked[open_asked])
        for place, tag in zip(open_asked, found, strict=True):
            predicted[place] = str(tag)
    return predicted


def _fitted(rows: Any, tags: Any) -> Any:
    """Return a model that has learned these words: the best of nine linear ones, score and time."""
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    if len(set(tags)) < 2:  # nothing to tell apart
        return DummyClassifier().fit(rows, tags)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough for a stand-in
        return LinearSVC(C=0.1, tol=0.1, random_state=0).fit(rows, tags)


def _entity_words(sentence: Labelled) -> list[str]:
    return [word for word, tag in zip(sentence.tokens, sentence.tags, strict=True) if tag != "O"]


def _worth_a_model(sentences: Sequence[Labelled], known: set[str]) -> list[bool]:
    words = list(chain.from_iterable(each.tokens for each in sentences))
    worth = {word: not _small(word) or word.lower() in known for word in set(words)}
    return [worth[word] for word in words]


def _small(word: str) -> bool:
    """Whether a word is written in small letters of a script that has capitals."""
    return word.islower() and word.isascii()


def _counts(
    held_out: Sequence[Labelled], predicted: Sequence[str]
) -> tuple[tuple[int, int, int], ...]:
    counts, start = [], 0
    for each in held_out:
        end = start + len(each.tokens)
        score = count_entities([each.tags], [predicted[start:end]])
        counts.append((score.correct, score.predicted, score.gold))
        start = end
    return tuple(counts)
