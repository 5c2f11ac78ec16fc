"""A single training while it runs: the guides' table, one line per epoch, printed as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from tuner.display.bars import progress_bar
from tuner.display.canvas import Canvas
from tuner.display.curves import epoch_heading, epoch_line
from tuner.display.plan import run_view
from tuner.display.run_summary import result_view
from tuner.display.screen import Screen
from tuner.display.text import duration
from tuner.silent import SilentTraining
from tuner.train_view import RunFacts, TrainResult
from tuner.trial import EpochReport

__all__ = ["QuietTraining", "TrainingDisplay"]


class TrainingDisplay(Screen):
    """Prints each epoch as a line; on a terminal a bar below it shows what is running.

    Args:
        console: Where to print.
        clock: Returns seconds, from which the time left is told.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console)
        self._clock = clock
        self._best = float("-inf")
        self._started = clock()
        self._epoch_ended = clock()
        self._epoch = 0
        self._trained = 0.0
        self._epochs = 0
        self._frame = 0
        self._live = Live(console=console, transient=True, get_renderable=self._bar)

    def close(self) -> None:
        """Give the terminal back, whatever happened."""
        self._live.stop()

    def started(self, run: RunFacts) -> None:
        """Print what will be trained, and the heading of the table."""
        canvas = Canvas.of(self._console)
        self._console.print(run_view(run, canvas))
        self._console.print(epoch_heading(canvas))
        self._started = self._epoch_ended = self._clock()
        self._epochs = run.spec.epochs
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live.start(refresh=True)

    def epoch(self, report: EpochReport) -> None:
        """Print one epoch; a new best is marked with a sign."""
        is_best = report.scores.f1 > self._best
        self._best = max(self._best, report.scores.f1)
        self._epoch, self._epochs = report.epoch, report.epochs
        self._trained = float(report.epoch)
        self._epoch_ended = self._clock()
        self._console.print(epoch_line(report, Canvas.of(self._console), is_best=is_best))

    def progress(self, epochs: float) -> None:
        """Take over the steps; the bar redraws itself."""
        self._trained = epochs

    def ended(self, result: TrainResult) -> None:
        """Print the report."""
        self._live.stop()
        self._console.print(result_view(result, Canvas.of(self._console)), crop=False)

    def _bar(self) -> RenderableType:
        """Return the line below the table, which moves while an epoch runs."""
        canvas = Canvas.of(self._console)
        self._frame += 1
        spinner = canvas.symbols.spinner
        spent = self._clock() - self._started
        text = f"epoch {min(self._epoch + 1, self._epochs)}/{self._epochs}"
        text += f" {canvas.symbols.separator} {duration(round(spent))} so far"
        if self._trained:
            timed = self._epoch_ended - self._started if self._epoch else spent
            per_epoch = timed / (self._epoch or self._trained)
            left = max(per_epoch * self._epochs - spent, 0.0)
            text += f" {canvas.symbols.separator} about {duration(round(left))} left"
        return Text.assemble(
            (spinner[self._frame % len(spinner)], "cyan"),
            " ",
            progress_bar(self._trained, self._epochs, 20, canvas.symbols, "cyan"),
            f" {text}",
        )


class QuietTraining(Screen, SilentTraining):
    """Prints nothing but the result."""

    def ended(self, result: TrainResult) -> None:
        """Print the report."""
        self._console.print(result_view(result, Canvas.of(self._console)), crop=False)
