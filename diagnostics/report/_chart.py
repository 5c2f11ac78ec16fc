"""Small charts: a series as one line of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["BLOCKS", "PLAIN_BLOCKS", "condensed", "sparkline"]

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = "_.-=^"


def condensed(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return at most `width` values: the last of each equal stretch of the series."""
    if len(values) <= width:
        return list(values)
    return [values[round((column + 1) * len(values) / width) - 1] for column in range(width)]


def sparkline(values: Sequence[float | None], blocks: str = BLOCKS) -> str:
    """Return one sign per value, lowest to highest of the series; space for None, `x` for NaN."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_sign(value, low, high, blocks) for value in values)


def _sign(value: float | None, low: float, high: float, blocks: str) -> str:
    if value is None:
        return " "
    if not math.isfinite(value):
        return "x"
    # Halved first: the difference of two huge numbers may be infinite.
    span = high / 2 - low / 2
    share = 0.0 if span == 0 else (value / 2 - low / 2) / span
    return blocks[min(len(blocks) - 1, int(share * len(blocks)))]
