"""Where in a hand-written line known quantities stand, told from its words alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from diagnostics.readers._name_words import SPLITS, Split
from diagnostics.readers._quantities import Quantity, quantity

__all__ = ["FIGURE", "MARK", "quantities_at"]

FIGURE = re.compile(
    r"(?<![A-Za-z0-9_.])([-+]?(?:(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,4})?%?"
    r"|(?:nan|NaN|inf|Infinity)\b))"
)
"""A figure in a line, as the only group; digits inside of words, as in `val_f1`, are none."""

MARK = "\x00"
"""Stands for a figure in the words of a line."""

_TOKEN = re.compile(
    r"(?P<word>[A-Za-z_][\w-]{0,60})|(?P<figure>\x00)|(?P<gap>[\s:=|(\[#~>-]{1,12})|(?P<of>/)|\S"
)
_LOGGER = re.compile(
    r"^[^{]{0,120}?\b(?:INFO|WARNING|DEBUG|CRITICAL)\b[^{]{0,80}?(?:- |>> |\| |\] )"
)
_PLACE_FIRST = re.compile(
    r"[\W_]{0,40}(?:(?:start|begin|train|runn?)(?:ing)? )?(?:epoch|step|iter)", re.IGNORECASE
)
_TEST = re.compile(r"\btest(?:ing)?\b", re.IGNORECASE)
_OTHER_SPLIT = re.compile(r"train|val|dev|epoch", re.IGNORECASE)
_REMARKS = ("best", "early stop", "restor", "improved from", "patience", "sav")
_LETTERS = {"P": "precision", "R": "recall", "F": "f1"}
_PRECISION_RECALL_F = re.compile(r"\bP\b.{1,40}?\bR\b.{1,40}?\bF1?\b")
_MOST_WORDS = 6

Places = tuple[tuple[Quantity, int], ...]
"""Quantities, each with the number of its figure in the line, from 0."""


@lru_cache(maxsize=8192)
def quantities_at(words: str) -> Places:
    """Return the known quantities that a figure directly follows, and how many are planned.

    Lines that only say where they stand count if they begin with it; remarks about the best epoch
    and about saving do not, nor do scores on a test split.

    Args:
        words: A line with `MARK` in the place of each figure.
    """
    logger = _LOGGER.match(words)
    text = words[logger.end() :] if logger else words
    offset = words.count(MARK, 0, logger.end()) if logger else 0
    place_first = _PLACE_FIRST.match(text) is not None
    if not place_first and any(remark in text.lower() for remark in _REMARKS):
        return ()
    if _TEST.search(text) and not _OTHER_SPLIT.search(text):
        return ()
    found = tuple((known, index + offset) for known, index in _places(text))
    measured = any(not known.is_place for known, _ in found)
    return found if measured or place_first else ()


def _places(text: str) -> Iterator[tuple[Quantity, int]]:
    """Yield each known name with its figure, and what the figure is a part of."""
    words: list[str] = []
    carried, place, index = Split.NONE, "", -1
    letters = _PRECISION_RECALL_F.search(text) is not None
    first = True
    for token in _TOKEN.finditer(text):
        if not token["figure"]:
            place = place if token["gap"] or token["of"] or token[0] == "of" else ""
            words = _further(words, token)
            continue
        index += 1
        known = _known(words, letters=letters)
        if place and not words:
            yield Quantity(name=f"{place}s"), index
        if known is not None:
            split = SPLITS.get(words[0].lower()) if first else None
            if split is not None and (known.is_place or known.split is split):
                carried = split  # the line begins with its split
            first = False
            yield _with_split(known, carried), index
        place = known.name if known is not None and known.is_place else ""
        words = []


def _further(words: list[str], token: re.Match[str]) -> list[str]:
    """Return the words before the next figure; what cannot stand between them begins anew."""
    if token["word"]:
        last = [] if token["word"] == "of" and not words else [token["word"]]
        return [*words[1 - _MOST_WORDS :], *last]
    return words if token["gap"] or token[0] in ").]" else []


def _known(words: list[str], *, letters: bool) -> Quantity | None:
    """Return what the longest run of words before a figure stands for."""
    if any(word.lower() == "best" for word in words):
        return None
    for start in range(max(0, len(words) - 4), len(words)):
        known = quantity(" ".join(words[start:]))
        if known is not None:
            return known
    name = _LETTERS.get(words[-1]) if letters and words else None
    return None if name is None else Quantity(name=name)


def _with_split(known: Quantity, carried: Split) -> Quantity:
    if carried is Split.NONE or known.split is not Split.NONE or known.is_place:
        return known
    return Quantity(name=known.name, split=carried)
