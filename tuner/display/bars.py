"""Small pictures inside a line: progress bars, shares and sparklines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from tuner.display.symbols import Symbols

__all__ = ["progress_bar", "share_bar", "sparkline"]


def progress_bar(done: float, total: float, width: int, symbols: Symbols, style: str = "") -> Text:
    """Return a thin bar of `width` cells, filled by `done / total`.

    It is full only when everything is done, so that a bar that looks finished is finished.
    """
    share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
    filled = width if share == 1.0 else min(int(share * width + 0.5), width - 1)
    return Text.assemble(
        (symbols.bar * filled, style), (symbols.bar_rest * (width - filled), "bright_black")
    )


def share_bar(share: float, width: int, symbols: Symbols, style: str = "") -> Text:
    """Return a thick bar for a share between 0 and 1, to an eighth of a cell where possible."""
    cells = min(max(share, 0.0), 1.0) * width
    if not symbols.block_parts:
        return Text(symbols.block * round(cells), style=style)
    whole, eighths = divmod(round(cells * 8), 8)
    return Text(symbols.block * whole + " ▏▎▍▌▋▊▉"[eighths].strip(), style=style)


def sparkline(values: Sequence[float | None], symbols: Symbols) -> str:
    """Return one sign per value, higher for larger ones; a gap where there is no finite value."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = high - low or 1.0
    top = len(symbols.spark) - 1

    def sign(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return " "
        return symbols.spark[round((value - low) / span * top)]

    return "".join(sign(value) for value in values)
