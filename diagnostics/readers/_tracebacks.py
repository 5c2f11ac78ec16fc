"""The tracebacks of Python in printed text: what ended a program, and what ended nothing."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from diagnostics.failure_messages import recognise, recognise_all
from diagnostics.harmless_text import harmless
from diagnostics.readers._printed_block import MOST_LINES, Block, Gatherer
from diagnostics.subjects.run_history import RunEvent

__all__ = ["Traceback", "goes_on", "is_aside"]

_HEAD = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}(?=:|$)")
_ON_PURPOSE = re.compile(r"(?:\w+\.){0,8}(?:SystemExit|KeyboardInterrupt|TrialPruned)\b")
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")
_ASIDE = ("--- Logging error ---", "Exception ignored in", "Exception in thread", "Error in atexit")
_LONGEST = 4_000
_LONGEST_MESSAGE = 300
_MOST = 50


def goes_on(line: str) -> bool:
    """Whether a line says that the next traceback was raised while the last one was handled."""
    return line.startswith(_CHAIN)


def is_aside(line: str) -> bool:
    """Whether a line says that the next traceback is of something beside the training."""
    return line.startswith(_ASIDE)


class Traceback(Block):
    """A Python traceback up to the line that names the error."""

    def __init__(self, head: str, start: int, before: str) -> None:
        """Begin with the line that holds `Traceback`; `before` is the line before it."""
        self._prefix = head.partition(_HEAD)[0]
        self._start = start
        self._chained = goes_on(before) or "Original " in self._prefix
        self._aside = is_aside(before)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._last = ""

    @staticmethod
    def begins(line: str) -> bool:
        """Whether a traceback begins with a line."""
        return _HEAD in line

    def take(self, line: str) -> bool:
        """Take in the next line; the first one that is not indented names the error."""
        line = line.removeprefix(self._prefix)[:_LONGEST]
        if self._last:
            if not line.startswith("Tried to allocate") and not _is_unsaid(self._last):
                return False
            self._last = f"{self._last.rstrip()} {line.strip()}"
        elif line.startswith((" ", "\t")) or _HEAD in line:
            self._lines.append(line)
        else:
            self._last = line
        return True

    def tell(self, log: Gatherer) -> None:
        """Tell of the failures in it, or of an exception that nothing is known about."""
        text = "\n".join([*self._lines, self._last])
        events: Sequence[RunEvent] = recognise_all(text, most=_MOST)
        own = recognise(self._last)
        if own is not None:  # the lines of source code above it only speak of failures
            events = [event for event in events if event.message == own.message] or [own]
        if not events:
            events = self._unknown()
        if not self._aside:
            log.fail(events, self._start, chained=self._chained)

    def _unknown(self) -> list[RunEvent]:
        """Return the event of an exception that is called nothing with Error in it."""
        cut = not self._last and bool(self._lines)
        shown = f"A traceback that breaks off: {self._lines[-1].strip()}" if cut else self._last
        if not cut and (not _EXCEPTION.match(shown) or _ON_PURPOSE.match(shown)):
            return []
        return [RunEvent(kind="error", message=harmless(shown)[:_LONGEST_MESSAGE])]


def _is_unsaid(last: str) -> bool:
    """Whether the line that names the error ends before its message."""
    return last.rstrip().endswith(":") and _EXCEPTION.fullmatch(last.rstrip()[:-1]) is not None
