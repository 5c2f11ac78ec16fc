"""Labelled sentences as a file holds them, before any scheme is converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Sentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a token-classification data set.

    Attributes:
        tokens: The words, in order; never empty.
        tags: One tag per word, as written in the file (any scheme) until a loader converts them.
        line: 1-based line (or record) number at which the sentence starts in its file, or None when
            the format has no lines.
        text: The sentence as written, where the format keeps it (span formats), else None.
        lines: 1-based line number of each word, in formats with one word per line; else None.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int | None = None
    text: str | None = None
    lines: Sequence[int] | None = field(default=None, compare=False, repr=False)

    def line_of(self, word: int) -> int | None:
        """Return the line (or record) number of a word, or None when the format has no lines."""
        return self.line if self.lines is None else self.lines[word]
