"""Chooses the display of a search or a training by the name that the user gave."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Protocol, Self

from rich.console import Console

from tuner.display.canvas import make_console
from tuner.display.json_document import JsonDisplay
from tuner.display.live import LiveDisplay
from tuner.display.plain import PlainDisplay
from tuner.display.quiet import QuietDisplay
from tuner.display.training import QuietTraining, TrainingDisplay
from tuner.study_view import StudyObserver
from tuner.train_view import TrainObserver

__all__ = ["Kind", "StudyDisplay", "TrainDisplay", "make_observer", "make_train_observer"]

Kind = Literal["auto", "live", "plain", "quiet", "json"]


class Display(Protocol):
    """Something that borrows the terminal and gives it back."""

    def __enter__(self) -> Self:
        """Borrow the terminal."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back, whatever happened."""


class StudyDisplay(StudyObserver, Display, Protocol):
    """Shows a search; used in a `with` block."""


class TrainDisplay(TrainObserver, Display, Protocol):
    """Shows a training; used in a `with` block."""


def make_observer(kind: Kind = "auto", console: Console | None = None) -> StudyDisplay:
    """Return the display of a search.

    Args:
        kind: `live` (table redrawn in place), `plain` (a line per event), `quiet` (the answer
            only), `json` (one document at the end), or `auto`: live on a terminal, else plain.
        console: Where to print; None: standard output.
    """
    screen = make_console() if console is None else console
    match kind:
        case "json":
            return JsonDisplay(screen)
        case "quiet":
            return QuietDisplay(screen)
        case "live":
            return LiveDisplay(screen)
        case "plain":
            return PlainDisplay(screen)
        case "auto":
            is_live = screen.is_terminal and not screen.is_dumb_terminal
            return LiveDisplay(screen) if is_live else PlainDisplay(screen)


def make_train_observer(kind: Kind = "auto", console: Console | None = None) -> TrainDisplay:
    """Return the display of a single training; see `make_observer`."""
    screen = make_console() if console is None else console
    match kind:
        case "json":
            return JsonDisplay(screen)
        case "quiet":
            return QuietTraining(screen)
        case _:
            return TrainingDisplay(screen)
