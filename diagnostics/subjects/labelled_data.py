"""Labelled sentences as a file holds them, before any scheme is converted."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int | None = None
    text: str | None = None
