"""Where the display draws: a console that survives a closed pipe, and the size of its screen."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console

from tuner.display.symbols import ASCII, UNICODE, Symbols

__all__ = ["Canvas", "make_console"]

WIDEST = 120  # longer lines are hard to read, however wide the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The room to draw in.

    Attributes:
        width: Cells per line that a view may use.
        height: Lines of the screen.
        symbols: Signs that can be printed there.
    """

    width: int = 80
    height: int = 24
    symbols: Symbols = UNICODE

    @classmethod
    def of(cls, console: Console) -> Canvas:
        """Return the room on `console` as it is now."""
        return cls(
            width=min(console.width, WIDEST),
            height=console.height,
            symbols=ASCII if console.options.ascii_only else UNICODE,
        )


class ForgivingStream(io.TextIOBase):
    """A text stream whose reader may go away: what cannot be written is dropped.

    A display must never end a search of hours because somebody closed `| head` or the disk that
    takes the log is full.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = False

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here, never set by anyone
        """Encoding of the stream underneath."""
        return self._stream.encoding or "ascii"

    def fileno(self) -> int:
        """Return the descriptor of the stream underneath."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Tell whether the stream underneath is a terminal."""
        return not self._lost and self._stream.isatty()

    def writable(self) -> bool:
        """Return True: what cannot be written is dropped."""
        return True

    def write(self, text: str) -> int:
        """Write `text`, or drop it when the reader has gone; what cannot be encoded becomes `?`."""
        if not self._lost:
            try:
                self._stream.write(self._encodable(text))
            except (OSError, ValueError):  # ValueError: the stream was closed
                self._lost = True
        return len(text)

    def flush(self) -> None:
        """Flush the stream underneath, or do nothing when the reader has gone."""
        if not self._lost:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._lost = True

    def _encodable(self, text: str) -> str:
        return text.encode(self.encoding, "replace").decode(self.encoding)


def make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console for standard output or standard error.

    It parses no markup and colours nothing by guesswork, honours `NO_COLOR` and `TERM=dumb`, and
    goes on in silence when nobody reads any more.

    Args:
        stderr: Write to standard error.
        width: Cells per line; None asks the terminal.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=ForgivingStream(stream),  # type: ignore[arg-type]
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )
