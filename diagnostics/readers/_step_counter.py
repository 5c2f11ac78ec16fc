"""The step of a training as its progress bar shows it, told from the bars of other work."""

from __future__ import annotations

from diagnostics.readers._progress_bars import Bar

__all__ = ["StepCounter"]

_MOST_BARS = 64


class StepCounter:
    """Watches the progress bars without a name; one of them counts the steps of the training.

    Attributes:
        total: Steps planned, as soon as it is known which bar is the training's; None before.
        done: Steps done, None as long as nothing tells.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.done: int | None = None
        self._bars: dict[int, int] = {}

    def watch(self, bar: Bar) -> None:
        """Take in the state of a bar."""
        if bar.named or bar.total < 2:
            return
        if self.total is not None:
            self.done = bar.done if bar.total == self.total else self.done
            return
        self._bars.pop(bar.total, None)
        if len(self._bars) < _MOST_BARS:
            self._bars[bar.total] = bar.done

    def settle(self, total: int | None) -> None:
        """Say how many steps are planned, or None to take the bar that is under way.

        When the first row is logged, bars of the preparation have come to their end. The largest of
        those that have not is the training's: evaluations take fewer steps.
        """
        if self.total is not None:
            return
        if total is None:
            running = [planned for planned, done in self._bars.items() if done < planned]
            total = max(running or self._bars, default=None)
        if total is not None:
            self.total = total
            self.done = self._bars.get(total)
        self._bars = {}
