"""How a failure shows in a printed line: the row of the tables of signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["LONGEST_LINE", "Sign", "signs"]

LONGEST_LINE = 4_000
"""Characters of a line that are looked at: the longest message of PyTorch has 1,200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One way in which a failure shows in a line.

    Attributes:
        kind: Kind of the event that it means.
        literal: Lower-case text that the line must contain before the pattern is tried.
        pattern: What the line must match; its named groups become details of the event.
        cause: What is known about the cause beyond the kind; empty when nothing is.
    """

    kind: str
    literal: str
    pattern: re.Pattern[str]
    cause: str = ""


def signs(kind: str, *rows: tuple[str, str, str]) -> tuple[Sign, ...]:
    """Return the signs of one kind.

    Args:
        kind: Kind of the event that they mean.
        rows: Literal, pattern (empty: the literal is enough) and cause. Patterns ignore case and
            must repeat nothing without a bound, so that no line makes them backtrack for long.
    """
    return tuple(
        Sign(
            kind=kind,
            literal=literal,
            pattern=re.compile(pattern or re.escape(literal), re.IGNORECASE),
            cause=cause,
        )
        for literal, pattern, cause in rows
    )
