"""Signs of life of running trials, for whoever watches the storage from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Heartbeat"]


class Heartbeat:
    """Calls a function regularly for every watched trial, in its own thread.

    Optuna records heartbeats inside `Study.optimize` only; with ask-and-tell nobody does.

    Args:
        beat: What to call with a trial's number; it must not raise.
        interval: Seconds between two calls.
    """

    def __init__(self, beat: Callable[[int], None], interval: float) -> None:
        self._beat = beat
        self._interval = interval
        self._watched: set[int] = set()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def watch(self, number: int, *, at_once: bool = True) -> None:
        """Begin to record a trial.

        Args:
            number: The trial.
            at_once: Whether the first call is made now, not after the interval.
        """
        if at_once:
            self._beat(number)
        self._watched.add(number)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def forget(self, number: int) -> None:
        """Stop recording a trial."""
        self._watched.discard(number)

    def stop(self) -> None:
        """End the thread. May be called twice."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._wake.wait(self._interval):
            for number in tuple(self._watched):
                if not self._stopped:
                    self._beat(number)
