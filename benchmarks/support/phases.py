"""Where the time of a program goes: functions are assigned to phases, and each second to one."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

__all__ = ["REST", "PhaseClock"]

REST = "rest"


class PhaseClock:
    """Counts seconds by phase; within nested phases a second belongs to the innermost.

    All phases of one clock are entered in one thread.

    Args:
        now: The clock.
        before_reading: Called before each reading, such as `torch.cuda.synchronize`.
    """

    def __init__(
        self, now: Callable[[], float], before_reading: Callable[[], None] | None = None
    ) -> None:
        self._now = now
        self._before_reading = before_reading
        self._open: list[str] = []
        self._last = 0.0
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the block as that of a phase."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        """Give the time since the last reading to the phase that is open."""
        if self._before_reading is not None:
            self._before_reading()
        now = self._now()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a function whose calls count as a phase, or as the phase around it elsewhere.

        Calls outside of any phase are not counted, so that other threads do not disturb.
        """

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._open:
                return function(*args, **kwargs)
            with self.phase(name):
                return function(*args, **kwargs)

        return call

    def steps(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a function that gives an iterator, each of whose steps counts as a phase."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Iterator[Any]:
            step = self.timed(functools.partial(next, iter(function(*args, **kwargs)), _END), name)
            while (item := step()) is not _END:
                yield item

        return call

    @contextlib.contextmanager
    def assigned(self, functions: list[tuple[Any, str, str]]) -> Iterator[None]:
        """Count calls of functions as phases while the block runs.

        Args:
            functions: (owner, name of the function there, phase).
        """
        with contextlib.ExitStack() as stack:
            for owner, name, phase in functions:
                timed = self.timed(getattr(owner, name), phase)
                stack.enter_context(patch.object(owner, name, timed))
            yield


_END = object()
