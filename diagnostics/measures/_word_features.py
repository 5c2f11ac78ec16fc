"""Describes words for a light model: their letters, and the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["SENTENCE_EDGE", "word_matrix"]

SENTENCE_EDGE = "\n"
"""Stands for the places before the first and behind the last word of a sentence."""

_DIMENSIONS = 1 << 16
_LONGEST_WORD = 30
_LETTER, _DIGIT, _REPEATED = re.compile(r"[^\W\d_]"), re.compile(r"\d"), re.compile(r"(.)\1+")


def word_matrix(
    sentences: Sequence[Sequence[str]], *, reach: int = 1, chosen: Any = slice(None)
) -> Any:
    """Return the features of words, one sparse row for each.

    Each different word is described once; a row puts together the descriptions of the word itself
    and, in fewer features, of its neighbours.

    Args:
        sentences: Words of each sentence.
        reach: How many neighbours on each side are looked at.
        chosen: Numbers of the words that get a row, counted over all sentences; else all do.
    """
    import numpy as np
    from scipy import sparse
    from sklearn.feature_extraction import FeatureHasher

    numbers: dict[str, int] = {SENTENCE_EDGE: 0}
    places: list[list[int]] = [[] for _ in range(2 * reach + 1)]
    for words in sentences:
        ids = [numbers.setdefault(word, len(numbers)) for word in words]
        padded = [0] * reach + ids + [0] * reach
        for offset, shifted in enumerate(places):
            shifted.extend(padded[offset : offset + len(ids)])
    hasher = FeatureHasher(_DIMENSIONS, input_type="string", alternate_sign=False)
    whole, short = (hasher.transform(map(of, numbers)) for of in (_described, _named))
    tables = [whole if offset == reach else short for offset in range(len(places))]
    rows = [np.asarray(shifted)[chosen] for shifted in places]
    parts = [table[of] for table, of in zip(tables, rows, strict=True)]
    return sparse.hstack(parts, format="csr")


def _described(word: str) -> Iterator[str]:
    """Yield what can be seen of a word by itself."""
    cut = word[:_LONGEST_WORD]
    lower = cut.lower()
    yield "bias"
    yield f"word={cut}"
    yield f"lower={lower}"
    yield from _shapes(cut)
    for length in range(1, 5):
        if len(lower) > length:
            yield f"starts={lower[:length]}"
            yield f"ends={lower[-length:]}"


def _named(word: str) -> Iterator[str]:
    """Yield what is seen of a word from its neighbour's place."""
    cut = word[:_LONGEST_WORD]
    yield f"lower={cut.lower()}"
    yield from _shapes(cut)
    yield f"ends={cut.lower()[-3:]}"


def _shapes(word: str) -> tuple[str, str]:
    """Return the shape of a word, such as `Xxxx-00`, and the same without repetitions, `Xx-0`."""
    shape = _DIGIT.sub("0", _LETTER.sub(_case, word))
    return f"shape={shape}", f"short={_REPEATED.sub(_once, shape)}"


def _case(letter: re.Match[str]) -> str:
    return "X" if letter[0].isupper() else "x"


def _once(repeated: re.Match[str]) -> str:
    return repeated[1]
