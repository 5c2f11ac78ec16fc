"""Finds words that are none: empty, invisible, several in one, markers, debris of markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first
from diagnostics.word_kinds import COMMENT_MARKS, OddWord, odd_kind

__all__ = ["OddWords", "OddWordsFound"]

Key = TypeVar("Key")

_SIGNS = re.compile("[\ufffd\ufe00-\ufe0fÃÂâÐÑï]")
"""Printable characters that may make a word odd: most sentences in any language have none."""

_MOST_KNOWN = 50_000
"""Words whose kind is remembered, so that memory stays bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OddWordsFound:
    """Odd words of a data set, by split and kind.

    Attributes:
        counts: How many there are.
        in_entities: How many of them stand inside entities.
        places: The first places.
        words: Split to its number of words.
        comments: Split to the tags of comment marks at the start of sentences, with their counts.
        comment_places: Split to such a tag to its first places.
    """

    counts: Mapping[str, Mapping[OddWord, int]]
    in_entities: Mapping[str, Mapping[OddWord, int]]
    places: Mapping[str, Mapping[OddWord, tuple[Place, ...]]]
    words: Mapping[str, int]
    comments: Mapping[str, Mapping[str, int]]
    comment_places: Mapping[str, Mapping[str, tuple[Place, ...]]]


class OddWords(Measure[OddWordsFound]):
    """Counts odd words of each kind."""

    def __init__(self) -> None:
        self._splits: dict[str, _Counts] = {}
        self._known: dict[str, OddWord | None] = {}

    def add(self, seen: SeenSentence) -> None:
        """Look at the letters of the whole sentence; only where one is suspicious at each word."""
        counts = self._splits.get(seen.split)
        if counts is None:
            counts = self._splits[seen.split] = _Counts()
        tokens = seen.sentence.tokens
        counts.words += len(tokens)
        letters = "".join(tokens)
        if (
            not letters.isprintable()
            or " " in letters
            or "&" in letters
            or "<" in letters
            or "[" in letters
            or "-DOC" in letters
            or not all(tokens)
            or (not letters.isascii() and _SIGNS.search(letters))
        ):
            self._look(seen, counts)
        if tokens[0] in COMMENT_MARKS:
            counts.add_comment(seen)

    def _look(self, seen: SeenSentence, counts: _Counts) -> None:
        known = self._known
        for word, token in enumerate(seen.sentence.tokens):
            if token in known:
                kind = known[token]
            else:
                kind = odd_kind(token)
                if len(known) < _MOST_KNOWN:
                    known[token] = kind
            if kind is not None:
                counts.add(seen, word, kind)

    def result(self) -> OddWordsFound:
        """Return the counts and places."""
        splits = self._splits.items()
        return OddWordsFound(
            counts={name: dict(each.counts) for name, each in splits},
            in_entities={name: dict(each.in_entities) for name, each in splits},
            places={name: _frozen(each.places) for name, each in splits},
            words={name: each.words for name, each in splits},
            comments={name: dict(each.comments) for name, each in splits},
            comment_places={name: _frozen(each.comment_places) for name, each in splits},
        )


@dataclass
class _Counts:
    """What is counted of one split while it is read."""

    words: int = 0
    counts: Counter[OddWord] = field(default_factory=Counter)
    in_entities: Counter[OddWord] = field(default_factory=Counter)
    places: dict[OddWord, list[Place]] = field(default_factory=dict)
    comments: Counter[str] = field(default_factory=Counter)
    comment_places: dict[str, list[Place]] = field(default_factory=dict)

    def add(self, seen: SeenSentence, word: int, kind: OddWord) -> None:
        self.counts[kind] += 1
        self.in_entities[kind] += any(each.start <= word < each.end for each in seen.entities)
        token, tag = seen.sentence.tokens[word], seen.sentence.tags[word]
        keep_first(self.places.setdefault(kind, []), seen.place(word, f"{token!r} {tag}"))

    def add_comment(self, seen: SeenSentence) -> None:
        tag = seen.sentence.tags[0]
        if len(self.comments) < _MOST_KNOWN or tag in self.comments:
            self.comments[tag] += 1
            text = f"{seen.sentence.tokens[0]} {tag}"
            keep_first(self.comment_places.setdefault(tag, []), seen.place(0, text))


def _frozen(places: Mapping[Key, Sequence[Place]]) -> dict[Key, tuple[Place, ...]]:
    return {kind: tuple(kept) for kind, kept in places.items()}
