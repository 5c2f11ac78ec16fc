"""A sentence in a form that takes little memory, for measures that look at a sample again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from diagnostics.findings import Place
from diagnostics.measure import Entity, SeenSentence
from diagnostics.measures._thinned_sample import ThinnedSample

__all__ = ["KeptSentence", "SentenceSample"]

_BETWEEN = "\n"


class KeptSentence(NamedTuple):
    """What is left of a sentence: one text instead of an object per word.

    Attributes:
        split: `train`, `dev` or `test`.
        file: The file that it stands in.
        text: Its words, joined by line ends.
        entities: Its entities.
        line: Line (or record) of the sentence; None when the format has no lines.
        lines: Line of each word, in formats with one word per line; else None.
    """

    split: str
    file: str
    text: str
    entities: tuple[Entity, ...]
    line: int | None
    lines: Sequence[int] | None

    @property
    def words(self) -> list[str]:
        """Its words, in order."""
        return self.text.split(_BETWEEN)

    def place(self, word: int, text: str) -> Place:
        """Return where a word of it stands, with what to show of it."""
        line = self.line if self.lines is None else self.lines[word]
        return Place(file=self.file, line=line, text=text[:80])


def _kept(seen: SeenSentence) -> KeptSentence | None:
    """Return the sentence in that form; None when a word holds a line end."""
    text = _BETWEEN.join(seen.sentence.tokens)
    if text.count(_BETWEEN) != len(seen.sentence.tokens) - 1:
        return None
    sentence = seen.sentence
    return KeptSentence(seen.split, seen.file, text, seen.entities, sentence.line, sentence.lines)


class SentenceSample:
    """At most so many sentences of a data set, evenly spread over it.

    Args:
        most: How many sentences are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._sample: ThinnedSample[KeptSentence | None] = ThinnedSample(most)

    @property
    def sentences(self) -> list[KeptSentence]:
        """The sentences that can be kept, in the order of the files."""
        return [each for each in self._sample.items if each is not None]

    @property
    def seen(self) -> int:
        """How many sentences there were in all."""
        return self._sample.seen

    def add(self, seen: SeenSentence) -> None:
        """Keep the sentence if it is its turn."""
        if self._sample.turn():
            self._sample.keep(_kept(seen))
