"""How findings about labels word names, shares, and counts per split."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["named", "per_split", "percent", "times"]

_LONGEST_NAME = 40


def named(text: str) -> str:
    """Return a tag, type or entity from the data in backquotes, shortened."""
    short = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    return f"`{short}`"


def percent(share: float) -> str:
    """Return a share as a percentage: `12 %`, `1.2 %`, `0.03 %`."""
    value = 100 * share
    digits = 0 if value >= 10 else 1 if value >= 0.1 else 2
    return f"{value:.{digits}f} %"


def per_split(counts: Mapping[str, int]) -> str:
    """Return `train 3, dev 1`, without the splits that have none."""
    return ", ".join(f"{split} {count:,}" for split, count in counts.items() if count)


def times(count: int) -> str:
    """Return `once` or `12 times`."""
    return "once" if count == 1 else f"{count:,} times"
