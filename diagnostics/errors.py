"""Errors that say what rule was broken, by which value, and the way out."""

from __future__ import annotations

__all__ = ["DataError", "DiagnosticsError"]


class DiagnosticsError(Exception):
    """Something that the user can mend: the message says what, the hint says how.

    Args:
        message: The rule and the value that broke it, in one or two sentences.
        hint: What to do about it; empty when the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class DataError(DiagnosticsError):
    """A data set that cannot be read, or holds nothing to train on."""
