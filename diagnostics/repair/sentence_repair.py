"""Repairs one sentence after the other: words that are none, tags, and sentences without an end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.repair.tag_conversion import TagConversion
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import OUTSIDE, TagScheme
from diagnostics.word_kinds import BLANKS, INVISIBLE, WORD_BREAK, OddWord, odd_kind

__all__ = ["LONG", "SentenceRepair"]

LONG = 256
"""Words above which a sentence is over-long: encoders read 512 subwords, trainings fewer."""

LONG_ALONE = 128
"""The same for the only sentence of a split, which has lost all its breaks."""

_ENDS = frozenset(
    {".", "!", "?", "…", "...", "。", "！", "？", "؟", "۔", "।", "॥", "።", "?!", "!!"}
)
_CLOSERS = frozenset({'"', "'", "''", "”", "’", "»", ")", "]", "）", "」", "』"})
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_WORD_BREAK = re.compile(WORD_BREAK)
_BLANK = re.compile(f"[{BLANKS}]+")

_DROPPED = {OddWord.EMPTY: "empty-words-removed", OddWord.MARKER: "markers-removed"}
"""Kinds of odd words that are no words at all, and the change that drops one."""

_REPAIRED = frozenset({OddWord.EMPTY, OddWord.MARKER, OddWord.INVISIBLE, OddWord.BLANK})
"""Kinds of odd words that can be repaired without knowing what was meant."""


@dataclass(slots=True)
class _Word:
    """A word on its way through the repair."""

    token: str
    tag: str
    line: int | None


class SentenceRepair:
    """Repairs sentences of one data set.

    Args:
        scheme: How the data set writes its tags.
        changes: What is changed goes there.
    """

    def __init__(self, scheme: TagScheme, changes: ChangeLog) -> None:
        self.scheme = scheme
        self.changes = changes
        self.tags = TagConversion(scheme, changes)

    def repaired(self, filed: FiledSentence) -> Iterator[FiledSentence]:
        """Return the sentences that one becomes: none when no word is left."""
        sentence = filed.sentence
        kinds = [odd_kind(token) for token in sentence.tokens]
        if any(kind in _REPAIRED for kind in kinds):
            yield from self._odd(filed, kinds)
            return
        yield self.tags.of_sentence(filed)

    def _odd(
        self, filed: FiledSentence, kinds: Sequence[OddWord | None]
    ) -> Iterator[FiledSentence]:
        """Repair a sentence with words that are none.

        Those outside all entities go before tags are converted, so that they tear no entity apart;
        where one inside goes, the next word takes over its start.
        """
        sentence = filed.sentence
        outside = self.scheme.outside
        kept = [
            word
            for word, kind in enumerate(kinds)
            if kind is not OddWord.EMPTY or sentence.tags[word] != outside
        ]
        self._note_dropped(filed, set(range(len(kinds))) - set(kept))
        tags = self.tags.of_words(filed, kept) if kept else ()
        parts: list[list[_Word]] = [[]]
        started = False
        for word, given in zip(kept, tags, strict=True):
            tag = f"B-{given[2:]}" if started and given.startswith("I-") else given
            words = list(self._words(filed, word, tag, kinds[word]))
            started = tag.startswith("B-") and not words
            parts[-1].extend(words)
            if kinds[word] is OddWord.MARKER and tag == OUTSIDE:
                parts.append([])
        yield from (_filed(filed, part) for part in parts if part)

    def _note_dropped(self, filed: FiledSentence, words: Iterable[int]) -> None:
        for word in sorted(words):
            self.changes.add("empty-words-removed", filed.place(word))

    def _words(
        self, filed: FiledSentence, word: int, tag: str, kind: OddWord | None
    ) -> Iterator[_Word]:
        """Return the words that one becomes: without invisible characters, cut at blanks."""
        if kind in _DROPPED:
            self.changes.add(_DROPPED[kind], filed.place(word))
            return
        token = filed.sentence.tokens[word]
        pieces = [token]
        if kind in (OddWord.INVISIBLE, OddWord.BLANK):
            spaced = _WORD_BREAK.sub(" ", token)
            visible = _INVISIBLE.sub("", spaced)
            if visible != spaced:
                self.changes.add("characters-removed", filed.place(word), after=visible)
            pieces = [piece for piece in _BLANK.split(visible) if odd_kind(piece) not in _DROPPED]
            if [visible] != pieces:
                self.changes.add("words-divided", filed.place(word), after=" | ".join(pieces))
        line = filed.sentence.line_of(word)
        for number, piece in enumerate(pieces):
            follows = number > 0 and tag != OUTSIDE
            yield _Word(token=piece, tag=f"I-{tag[2:]}" if follows else tag, line=line)

    def with_breaks(self, filed: FiledSentence, *, alone: bool) -> Iterator[FiledSentence]:
        """Split an over-long sentence of IOB2 tags where sentences end, outside entities.

        Args:
            filed: The sentence.
            alone: Whether it is the only one of its split.
        """
        sentence = filed.sentence
        if len(sentence.tokens) <= (LONG_ALONE if alone else LONG):
            yield filed
            return
        edges = [0, *_ends(sentence), len(sentence.tokens)]
        if len(edges) > 2:
            self.changes.add("sentences-split", filed.place())
        for start, end in pairwise(edges):
            if end - start > LONG:
                self.changes.add("long-sentences", filed.place(start))
            words = [
                _Word(sentence.tokens[word], sentence.tags[word], sentence.line_of(word))
                for word in range(start, end)
            ]
            yield _filed(filed, words)


def _ends(sentence: Sentence) -> Iterator[int]:
    """Places behind the end of a sentence: punctuation, with closing quotes, outside entities."""
    tokens, tags = sentence.tokens, sentence.tags
    for place in range(1, len(tokens)):
        behind_end = tokens[place - 1] in _ENDS or (
            tokens[place - 1] in _CLOSERS and place > 1 and tokens[place - 2] in _ENDS
        )
        inside = tags[place].startswith("I-") or tags[place - 1] != OUTSIDE
        if behind_end and not inside and not _goes_on(tokens[place]):
            yield place


def _goes_on(token: str) -> bool:
    """Whether a word behind punctuation belongs to the sentence before it."""
    return token[0].islower() or token in _CLOSERS or token in _ENDS or token in (",", ";", ":")


def _filed(filed: FiledSentence, words: Sequence[_Word]) -> FiledSentence:
    lines = [word.line for word in words]
    known = [line for line in lines if line is not None]
    sentence = Sentence(
        tokens=tuple(word.token for word in words),
        tags=tuple(word.tag for word in words),
        line=lines[0],
        lines=tuple(known) if filed.sentence.lines is not None else None,
    )
    return FiledSentence(file=filed.file, sentence=sentence)
