"""Whether a training that should go on stands still: judged by its own longest pause so far.

A process that died is noticed at once. One that hangs (stopped, waiting for a lock or for a device
that does not answer) says nothing, so its silence is measured.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

from tuner.errors import UsageError

__all__ = ["MOST_STANDSTILLS", "STANDSTILL_VARIABLE", "Progress", "standstill_seconds"]

STANDSTILL_VARIABLE = "TUNER_STANDSTILL_SECONDS"
"""Environment variable for the shortest silence that counts as a standstill; `inf`: none does."""

USUAL_SECONDS = 600.0
"""Loading a large model, saving a checkpoint to a slow disk and compiling kernels take minutes."""

MANY_TIMES = 20
"""A silence counts only when it is so many times as long as the longest pause before."""


def standstill_seconds() -> float:
    """Return the shortest silence that counts, from the environment or as usual.

    Raises:
        UsageError: The variable holds no positive number.
    """
    text = os.environ.get(STANDSTILL_VARIABLE)
    if not text:
        return USUAL_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0.0:
        raise UsageError(
            f"`{STANDSTILL_VARIABLE}` must be a positive number of seconds, but got `{text}`.",
            "`inf` leaves everything alone that is silent.",
        )
    return seconds


MOST_STANDSTILLS = 2
"""How often a training may stand still until that is final: what runs it is replaced once."""


LONGEST_LOOK = 10.0
"""Seconds between two looks after which nobody was listening: the search itself was stopped."""


class Progress:
    """The signs of progress of one training, or the signs of life of one process.

    Time in which it waits for somebody else does not count, nor does time in which nobody looked: a
    search that was paused, with all that it started, wakes up to trainings that could say nothing.

    Args:
        shortest: Seconds of silence that never count as a standstill.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(self, shortest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._shortest = shortest
        self._clock = clock
        self._last: float | None = None
        self._looked = 0.0
        self._longest = 0.0

    def begin(self) -> None:
        """Expect signs from now on."""
        self._last = self._looked = self._clock()

    def wait(self) -> None:
        """Expect none until `begin`."""
        if self._last is not None:
            self.went_on()
        self._last = None

    def went_on(self) -> None:
        """Take note of a sign."""
        now = self._look()
        if self._last is not None:
            self._longest = max(self._longest, now - self._last)
        self._last = now

    @property
    def silence(self) -> float:
        """Seconds since the last sign; 0 while none is expected."""
        now = self._look()
        return 0.0 if self._last is None else now - self._last

    @property
    def stands_still(self) -> bool:
        """Whether it has been silent for far longer than ever before."""
        if math.isinf(self._shortest):
            return False
        return self.silence >= max(self._shortest, MANY_TIMES * self._longest)

    def _look(self) -> float:
        """Return the time; what nobody watched since the last look is taken out of the silence."""
        now = self._clock()
        missed = now - self._looked
        if self._last is not None and missed > LONGEST_LOOK:
            self._last = min(self._last + missed, now)
        self._looked = now
        return now
