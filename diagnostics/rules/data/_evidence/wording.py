"""How findings about data word counts, lists of labels and the names of splits."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["SPLITS", "counted", "listed", "percent"]

SPLITS = {
    "train": "the training split",
    "dev": "the development split",
    "test": "the test split",
}
"""Name of a split to how a sentence speaks of it."""

_PLURALS = {"entity": "entities", "more entity": "more entities", "new entity": "new entities"}


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the right form, such as `1 sentence` or `1,024 words`."""
    plural = _PLURALS.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names as a list that reads well, such as `PER, LOC and 3 more`."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def percent(share: float) -> str:
    """Return a share in percent, with a decimal where it is small: `0.4%`, `23%`."""
    return f"{share:.0%}" if share >= 0.1 or not share else f"{share:.1%}"
