"""The largest batch whose forecast fits, found with few forecasts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from tuner.training._forecast_values import MemoryForecast, MicroBatchForecast

__all__ = ["search_micro_batch"]

_GUESSES = 6
"""Guesses along a line, which memory almost follows, before a search halves what is left."""


def search_micro_batch(
    forecast: Callable[[int], MemoryForecast], free_bytes: int, most: int
) -> MicroBatchForecast:
    """Close in on the largest batch that fits, from a single sentence and from the most.

    Args:
        forecast: Batch size to its forecast.
        free_bytes: Memory that is free before the training starts.
        most: Larger batches are not looked for.
    """
    fitting, too_large = forecast(1), forecast(max(1, most))
    if too_large.fits(free_bytes):
        return _found(too_large, None)
    if not fitting.fits(free_bytes):
        return MicroBatchForecast(batch_size=0, forecast=fitting, next_forecast=None)
    for tries in count():
        if too_large.batch_size - fitting.batch_size == 1:
            break
        tried = forecast(_between(fitting, too_large, free_bytes, halve=tries >= _GUESSES))
        if tried.fits(free_bytes):
            fitting = tried
        else:
            too_large = tried
    return _found(fitting, too_large)


def _found(fitting: MemoryForecast, too_large: MemoryForecast | None) -> MicroBatchForecast:
    return MicroBatchForecast(
        batch_size=fitting.batch_size, forecast=fitting, next_forecast=too_large
    )


def _between(
    fitting: MemoryForecast, too_large: MemoryForecast, free_bytes: int, *, halve: bool
) -> int:
    """Guess where a line through both forecasts meets the free memory, or take the middle."""
    steps = too_large.batch_size - fitting.batch_size
    room = (free_bytes - fitting.upper) / max(1, too_large.upper - fitting.upper)
    guess = fitting.batch_size + (steps // 2 if halve else round(room * steps))
    return min(max(guess, fitting.batch_size + 1), too_large.batch_size - 1)
