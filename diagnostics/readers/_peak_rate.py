"""The highest learning rate of a run, told from what a log shows of its schedule."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["peak_rate"]

_EARLY = 0.1
"""Share of the training within which the first logged rate is close to the highest: a linear decay
has lost a tenth by then."""


def peak_rate(logged: Sequence[tuple[float, float]]) -> float | None:
    """Return the highest learning rate; None where the log cannot show it.

    A straight decay leads back to its start. Otherwise the highest logged rate counts if the rates
    rise to it and end their rise, stay there, or were logged within the first tenth of the
    training.

    Args:
        logged: Place in the training (steps or epochs) and the rate there, in their order.
    """
    rates = [(place, rate) for place, rate in logged if math.isfinite(rate) and rate > 0]
    if not rates:
        return None
    first, peak = rates[0], max(rates, key=lambda pair: pair[1])
    if peak[0] > first[0] and peak[0] == rates[-1][0]:
        return None  # the log ends while the rate still rises
    if peak[0] > first[0] or (len(rates) > 1 and rates[1][1] == first[1]):
        return peak[1]
    start = _start_of_decay(rates)
    if start is not None:
        return start
    return peak[1] if first[0] <= _EARLY * rates[-1][0] else None


def _start_of_decay(rates: Sequence[tuple[float, float]]) -> float | None:
    """Return where a straight line through the rates begins; None when they lie on none."""
    (first, high), (last, low) = rates[0], rates[-1]
    if len(rates) < 3 or last <= first or high <= low:
        return None
    slope = (high - low) / (last - first)
    if any(abs(high - slope * (place - first) - rate) > 0.02 * high for place, rate in rates):
        return None
    return float(f"{high + slope * first:.3g}")
