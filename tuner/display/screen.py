"""What every display has: the console it prints on, borrowed in a `with` block."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console

__all__ = ["Screen"]


class Screen:
    """Borrows a console in a `with` block and gives it back at the end, whatever happened.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        """Return the display."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back."""
        self.close()

    def close(self) -> None:
        """Give back what the display holds of the terminal; most hold nothing."""
