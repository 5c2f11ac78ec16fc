"""A labelled sentence together with the file that it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["FiledSentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledSentence:
    """A sentence and the file that it came from."""

    file: str
    sentence: Sentence

    def place(self, word: int = 0) -> Place:
        """Return where a word of it stands in the original."""
        sentence = self.sentence
        text = f"{sentence.tokens[word]} {sentence.tags[word]}"
        return Place(file=self.file, line=sentence.line_of(word), text=text[:80])
