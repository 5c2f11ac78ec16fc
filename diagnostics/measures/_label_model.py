"""A light model of entity types, and what it thinks of labels that it was not trained on.

Words are described by their letters (word, shape, beginnings and ends) and by their neighbours; a
linear model per type is trained on the other folds. It is far from a fine-tuned encoder, but takes
seconds, and where it is sure against a label, the label is worth a look.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

from diagnostics.measures._word_features import SENTENCE_EDGE, word_matrix

__all__ = ["out_of_fold_probabilities"]

_REGULARISATION = 3e-4
"""Weaker, the model is sure of everything; stronger, it misses more than it finds."""

_PASSES = 5
_FOLDS = 4
_SEED = 42
_CASELESS = re.compile(r"[^\W\d_\u0000-\u024f\u0370-\u058f]").search
"""Finds a letter of a script without capitals: other than Latin, Greek, Cyrillic and Armenian."""


def out_of_fold_probabilities(
    sentences: Sequence[Sequence[str]], labels: Sequence[int], classes: int
) -> Any:
    """Return the probability of each class for each word, by models that never saw its sentence.

    Equal sentences fall into one fold, so that a copy does not confirm its own mistake. Words that
    are written small and are never part of an entity are not worth a model: they are outside.

    Args:
        sentences: Words of each sentence.
        labels: Class of each word, sentence after sentence; 0 is outside.
        classes: How many classes there are.

    Returns:
        An array with a row per word and a column per class.
    """
    import numpy as np

    known = np.asarray(labels)
    open_words = np.flatnonzero(_is_open(sentences, labels))
    probabilities = np.zeros((len(known), classes))
    probabilities[:, 0] = 1.0
    if len(open_words):
        folds, chosen = np.asarray(_folds(sentences))[open_words], known[open_words]
        features = word_matrix(sentences, reach=2, chosen=open_words)
        for fold in range(_FOLDS):
            train, test = folds != fold, folds == fold
            if test.any() and len(set(chosen[train])) > 1:
                learned, found = _predicted(features[train], chosen[train], features[test])
                rows = open_words[test]
                probabilities[rows] = 0.0
                probabilities[rows[:, None], learned] = found
    return probabilities


def _is_open(sentences: Sequence[Sequence[str]], labels: Sequence[int]) -> list[bool]:
    """Return for each word whether it has a capital, or is part of an entity anywhere."""
    words = [word for sentence in sentences for word in sentence]
    annotated = {word.lower() for word, label in zip(words, labels, strict=True) if label}
    cache = {
        word: word != word.lower() or word in annotated or _CASELESS(word) is not None
        for word in set(words)
    }
    return [cache[word] for word in words]


def _folds(sentences: Sequence[Sequence[str]]) -> list[int]:
    return [
        fold
        for words in sentences
        for fold in [zlib.crc32(SENTENCE_EDGE.join(words).encode("utf-8", "replace")) % _FOLDS]
        * len(words)
    ]


def _predicted(features: Any, labels: Any, held_out: Any) -> tuple[Any, Any]:
    """Return the classes that a model has learned, and their probabilities for other words."""
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss="log_loss",
        alpha=_REGULARISATION,
        max_iter=_PASSES,
        tol=None,
        average=True,
        random_state=_SEED,
    )
    model.fit(features, labels)
    return model.classes_, model.predict_proba(held_out)
