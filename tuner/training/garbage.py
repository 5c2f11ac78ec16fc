"""Full garbage collections that take milliseconds: what is older than a training is left aside.

Around each training accelerate and we collect all garbage, so that the memory of its model comes
back. A full collection looks at every object of the process, of which torch and transformers alone
make several hundred thousand; three of them took 7 % of a trial of ten seconds on a CPU. What was
there before the training need not be looked at for that.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator

__all__ = ["only_new_garbage"]

SECONDS_BETWEEN_FULL = 60.0
"""Trainings that are shorter share one collection of what is older than they are."""

_last_full = -SECONDS_BETWEEN_FULL


@contextlib.contextmanager
def only_new_garbage() -> Iterator[None]:
    """Let collections look only at objects made in the block.

    Does nothing where the program has frozen objects itself.
    """
    if gc.get_freeze_count():
        yield
        return
    _collect_older()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _collect_older() -> None:
    """Collect what the program made since the last training, and now and then everything."""
    global _last_full
    if time.monotonic() - _last_full < SECONDS_BETWEEN_FULL:
        gc.collect(1)
        return
    gc.collect()
    _last_full = time.monotonic()
