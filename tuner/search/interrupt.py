"""How a person stops a search: once to finish the epoch and save, twice to stop at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

__all__ = ["StopRequest"]


class StopRequest:
    """A wish to stop, raised by signals or by code.

    Used as a context manager in the main thread, it takes SIGINT and SIGTERM and gives them back at
    the end. The first signal asks the loop to stop after the running epoch; the second raises
    `KeyboardInterrupt` at once. Without the context manager, or in another thread, only the
    methods count.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._previous: dict[signal.Signals, object] = {}

    @property
    def requested(self) -> bool:
        """Whether the search shall stop after the running epoch."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask the search to stop after the running epoch."""
        self._event.set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.request()
