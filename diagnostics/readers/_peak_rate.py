"""The highest learning rate of a run, told from what a log shows of its schedule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["peak_rate"]

_EARLY = 0.1
"""Share of the training within which the first logged rate is close to the highest: a linear decay
has lost a tenth by then."""

_STRAIGHT = 0.02
"""Share by which rates may lie off a straight line: they are rounded in many logs."""


def peak_rate(logged: Sequence[tuple[float, float]], end: float | None = None) -> float | None:
    """Return the highest learning rate; None where the log cannot show it.

    A straight decay, to 0 where the end is known, leads back to its start. Otherwise the highest
    logged rate counts if the rates rise to it and end their rise, stay there, or were logged within
    the first tenth of the training.

    Args:
        logged: Place in the training (steps or epochs) and the rate there, in their order.
        end: Place of the planned end, or None when it is unknown.
    """
    rates = [(place, rate) for place, rate in logged if math.isfinite(rate) and rate > 0]
    if not rates:
        return None
    start = _start_of_decay_to(end, rates) if end else None
    if start is not None:
        return start
    first, peak = rates[0], max(rates, key=lambda pair: pair[1])
    if peak[0] > first[0] and peak[0] == rates[-1][0]:
        return None  # the log ends while the rate still rises
    if peak[0] > first[0] or (len(rates) > 1 and rates[1][1] == first[1]):
        return peak[1]
    start = None if end else _start_of_decay(rates)
    if start is not None:
        return start
    return peak[1] if first[0] <= _EARLY * (end or rates[-1][0]) else None


def _start_of_decay_to(end: float, rates: Sequence[tuple[float, float]]) -> float | None:
    """Return where a straight line from the rates to 0 at the end begins; None without one."""
    starts = [rate / (1 - place / end) for place, rate in rates if place < end]
    if len(starts) < 2 or max(starts) - min(starts) >= _STRAIGHT * max(starts):
        return None
    return float(f"{median(starts):.3g}")


def _start_of_decay(rates: Sequence[tuple[float, float]]) -> float | None:
    """Return where a straight line through the rates begins; None when they lie on none."""
    (first, high), (last, low) = rates[0], rates[-1]
    if len(rates) < 3 or last <= first or high <= low:
        return None
    slope = (high - low) / (last - first)
    if any(abs(high - slope * (place - first) - rate) > _STRAIGHT * high for place, rate in rates):
        return None
    return float(f"{high + slope * first:.3g}")
