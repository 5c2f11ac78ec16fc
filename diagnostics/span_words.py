"""Words of a text with their places, and character spans laid over them."""

from __future__ import annotations

import bisect
import functools
import itertools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["LaidSpans", "Span", "cut_words", "lay_spans", "longest_spans"]

Place = tuple[int, int]

JOINERS = frozenset("'’.-_@&")
"""Marks that stay inside a word when letters or digits stand on both sides (`U.S`, `don't`)."""

ONE_CHARACTER_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER")
"""Scripts without spaces between words: each character is a word of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A labelled stretch of a text, from character `start` up to but not including `end`."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidSpans:
    """Words of a text with IOB2 tags.

    Attributes:
        words: The words; together with white space they are the whole text.
        tags: One IOB2 tag per word.
        cuts: Words that a span edge divided.
        lost: Spans that hold no word (white space only).
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    cuts: int
    lost: int


def cut_words(text: str) -> list[Place]:
    """Places of the words of a text.

    Words end at white space and at punctuation, which is a word by itself; some marks stay inside a
    word. Combining marks and joiners never end a word, as most Indic scripts need. In scripts
    without spaces each character is a word.
    """
    places: list[Place] = []
    start = -1
    for place, character in enumerate(text):
        kind = _kind(character)
        if kind == "mark" and start >= 0 and _joins(text, place):
            kind = "word"
        if kind == "word" or (kind == "combining" and start >= 0):
            start = place if start < 0 else start
            continue
        if kind == "combining" and places and places[-1][1] == place:
            places[-1] = (places[-1][0], place + 1)
            continue
        if start >= 0:
            places.append((start, place))
            start = -1
        if kind != "space":
            places.append((place, place + 1))
    if start >= 0:
        places.append((start, len(text)))
    return places


@functools.cache
def _kind(character: str) -> str:
    """`word`, `combining`, `mark` (punctuation), `single` (a word by itself) or `space`."""
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc" or character in "\u200b\ufeff":
        return "space"
    if category in ("Mn", "Mc", "Me", "Cf"):
        return "combining"
    if category[0] in "PS":
        return "mark"
    name = unicodedata.name(character, "")
    return "single" if name.startswith(ONE_CHARACTER_SCRIPTS) else "word"


def _joins(text: str, place: int) -> bool:
    if place + 1 >= len(text):
        return False
    before, after = text[place - 1], text[place + 1]
    if text[place] == ",":
        return before.isdigit() and after.isdigit()
    return text[place] in JOINERS and _kind(before) == _kind(after) == "word"


def longest_spans(spans: Iterable[Span]) -> tuple[list[Span], list[Span]]:
    """Spans of which no two overlap, and those given up; of overlapping ones the longest stays."""
    kept: list[Span] = []
    given_up: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span.start - span.end, span)):
        place = bisect.bisect(kept, span)
        after_left = place == 0 or kept[place - 1].end <= span.start
        before_right = place == len(kept) or span.end <= kept[place].start
        if after_left and before_right:
            kept.insert(place, span)
        else:
            given_up.append(span)
    return kept, given_up


def lay_spans(text: str, places: Sequence[Place], spans: Sequence[Span]) -> LaidSpans:
    """Tag words with spans; a word over which a span edge runs is cut there, so nothing is lost.

    Args:
        text: The text.
        places: Places of its words, in order.
        spans: Spans in order, no two overlapping.
    """
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    pieces = _cut_at(places, edges)
    tags: list[str] = []
    covered: set[int] = set()
    at = 0
    for start, _ in pieces:
        while at < len(spans) and spans[at].end <= start:
            at += 1
        inside = at < len(spans) and spans[at].start <= start
        if not inside:
            tags.append("O")
            continue
        tags.append(f"{'I' if at in covered else 'B'}-{spans[at].label}")
        covered.add(at)
    return LaidSpans(
        words=tuple(text[start:end] for start, end in pieces),
        tags=tuple(tags),
        cuts=len(pieces) - len(places),
        lost=len(spans) - len(covered),
    )


def _cut_at(places: Iterable[Place], edges: Sequence[int]) -> list[Place]:
    pieces: list[Place] = []
    at = 0
    for start, end in places:
        while at < len(edges) and edges[at] <= start:
            at += 1
        inner: list[int] = []
        while at < len(edges) and edges[at] < end:
            inner.append(edges[at])
            at += 1
        pieces.extend(itertools.pairwise((start, *inner, end)))
    return pieces
