"""How sure a mean is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

__all__ = ["mean_with_error", "standard_error"]


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of a mean; NaN with fewer than two values."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def mean_with_error(values: Sequence[float], digits: int, sign: str = "") -> str:
    """Return `mean ± standard error`.

    Args:
        values: One or more.
        digits: After the point, of both.
        sign: `+` shows the sign of a mean above zero, too.
    """
    mean = f"{statistics.mean(values):{sign}.{digits}f}"
    return f"{mean} ± {standard_error(values):.{digits}f}"
