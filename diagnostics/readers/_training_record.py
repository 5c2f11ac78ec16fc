"""One training as its printed rows tell it, gathered row by row in bounded memory."""

from __future__ import annotations

import math
from typing import Any

from diagnostics.readers._printed_points import Point, PrintedStep
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._step_counter import StepCounter
from diagnostics.subjects.run_history import RunEvent

__all__ = ["TrainingRecord", "is_echo"]

MOST_STEPS = 50_000
"""Rows of the step-level log that are kept; of a longer one every second, fourth, ... stays."""

_MOST_POINTS = 20_000
_MOST_EVENTS = 50
_MOST_SCORES = 2000
_TWICE = "Of several evaluations at one point the first was taken."


class TrainingRecord:
    """Gathers the rows of one training.

    Attributes:
        first_line: Line of the log where it begins.
        last_line: Line of the log where it was last heard of.
        points: Evaluations and ends of epochs, in the order of training.
        steps: Step-level log, thinned when it grows too long.
        seen_steps: Rows of the step-level log before thinning.
        pending: What was logged since the last point.
        config: Hyperparameters that were printed for it.
        dataset: Sizes of the splits that were printed for it.
        events: What else happened.
        notes: What was left out.
        counter: Steps as the progress bar shows them.
        batches: Batches of an epoch, or of all, as a hand-written loop tells them.
        by_share: Whether its epochs are shares of the data, as the Trainer logs them.
        counted: Whether its epochs are numbers of a hand-written loop.
        epoch: Epochs as the last row numbered them, None before any did.
        step: Steps as the last row numbered them, None where nothing tells.
        ended: Whether the log says that the training is over.
        failed: Whether the last thing heard of it is a failure.
        announced: Whether a header told that it begins.
        summed_up: Whether a block of figures told how it went on the whole.
        mean_loss: Training loss over the whole training, or None.
        seconds: Wall time of the whole training, or None.
        evaluating: Wall times of its evaluations; None for one that did not tell.
    """

    def __init__(self, line: int) -> None:
        self.first_line = self.last_line = line
        self.points: list[Point] = []
        self.steps: list[PrintedStep] = []
        self.seen_steps = 0
        self.pending = Point()
        self.config: dict[str, Any] = {}
        self.dataset: dict[str, Any] = {}
        self.events: list[RunEvent] = []
        self.notes: list[str] = []
        self.counter = StepCounter()
        self.batches: int | None = None
        self.by_share = self.counted = False
        self.epoch: float | None = None
        self.step: int | None = None
        self.ended = self.failed = False
        self.mean_loss: float | None = None
        self.seconds: float | None = None
        self.evaluating: list[float | None] = []
        self.announced = self.summed_up = False
        self._stride = 1

    @property
    def has_rows(self) -> bool:
        """Whether anything was measured."""
        return bool(self.points or self.steps or self.mean_loss is not None)

    @property
    def evaluations(self) -> int:
        """How many points hold scores of the development split."""
        return sum(bool(point.scores) for point in self.points)

    def add(self, row: Row) -> None:
        """Take in a row that is about this training."""
        self.counter.settle(self.config.get("max_steps"))
        self.failed = False
        self.by_share = self.by_share or not (row.counted or row.is_empty)
        self.counted = self.counted or (row.counted and row.epoch is not None)
        self.epoch = row.epoch if row.epoch is not None else self.epoch
        unsaid = None if row.counted else self.counter.done
        self.step = row.step if row.step is not None else unsaid
        if row.counted and row.step is not None and row.steps is not None:
            self.batches = row.steps
        if row.epochs is not None and row.epochs.is_integer():
            self.config.setdefault("epochs", int(row.epochs))
        if row.samples is not None:
            split = "train_sentences_estimated" if row.ends else "dev_sentences"
            self.dataset.setdefault(split, row.samples)
        if row.evaluation and not self.ended:
            self.evaluating.append(row.seconds)
        if row.ends:
            self.ended, self.seconds = True, row.seconds
            self.mean_loss = row.training.get("loss", self.mean_loss)
        elif not row.is_empty:
            self._measure(row)

    def event(self, event: RunEvent) -> None:
        """Take in an event; what is said twice in a row counts once.

        Of more than are kept the last ones count: they tell how the training ended.
        """
        if not (self.events and is_echo(self.events[-1], event)):
            self.events.append(event)
            del self.events[_MOST_EVENTS - 1 : -1]

    def note(self, note: str) -> None:
        """Keep a note once."""
        if note not in self.notes:
            self.notes.append(note)

    def rewind(self, epoch: float) -> None:
        """Forget what lies behind an epoch: the training went on from there once more."""
        while self.points and (self.points[-1].epoch or 0.0) >= epoch:
            self.points.pop()
        while self.steps and (self.steps[-1].epoch or 0.0) >= epoch:
            self.steps.pop()
        self.pending = Point()
        self.epoch = epoch

    def _measure(self, row: Row) -> None:
        if row.training and not row.whole_epoch:
            self._step(row)
        if not (row.whole_epoch or row.evaluation or row.per_type):
            return
        point = self._point(row)
        if row.whole_epoch and (point.train_loss is None or (row.latest and row.evaluation)):
            point.train_loss = row.training.get("loss", point.train_loss)
            point.learning_rate = row.training.get("learning_rate", point.learning_rate)
            point.seconds = row.seconds if row.seconds is not None else point.seconds
        if len(point.scores) + len(point.per_type) > _MOST_SCORES:
            return
        if row.latest:
            point.scores.update(row.evaluation)
        elif any(not _alike(point.scores.get(k, v), v) for k, v in row.evaluation.items()):
            self.note(_TWICE)
        point.scores = {**row.evaluation, **point.scores}
        point.per_type = {**row.per_type, **point.per_type}

    def _point(self, row: Row) -> Point:
        """Return the last point if the row is about it, else a new one."""
        last = self.points[-1] if self.points else None
        if last is not None and (self._is_about(row, last) or len(self.points) >= _MOST_POINTS):
            return last
        point, self.pending = self.pending, Point()
        point.epoch, point.step = self.epoch, self.step
        self.points.append(point)
        return point

    def _is_about(self, row: Row, last: Point) -> bool:
        if self.pending.rows or self.epoch != last.epoch:
            return False
        if row.step is not None and last.step is not None and row.step != last.step:
            return False
        if self.epoch is None:  # nothing numbers the points: what comes twice begins another
            again = row.whole_epoch and last.train_loss is not None
            return not again and not any(name in last.scores for name in row.evaluation)
        return True

    def _step(self, row: Row) -> None:
        loss = row.training.get("loss")
        rate, norm = row.training.get("learning_rate"), row.training.get("grad_norm")
        if loss is not None:
            self.pending.losses += loss
            self.pending.rows += 1
        self.pending.learning_rate = rate if rate is not None else self.pending.learning_rate
        self.pending.grad_norm = norm if norm is not None else self.pending.grad_norm
        self.seen_steps += 1
        odd = loss is not None and not math.isfinite(loss)
        if self.seen_steps % self._stride == 0 or odd:
            self.steps.append(PrintedStep(self.epoch, self.step, loss, rate, norm))
        if len(self.steps) > MOST_STEPS:
            self.steps = self.steps[::2]
            self._stride *= 2


def is_echo(before: RunEvent, event: RunEvent) -> bool:
    """Whether an event is the one before, as when a logger and the traceback both print it."""
    if (before.kind, before.epoch, before.step) != (event.kind, event.epoch, event.step):
        return False
    shorter, longer = sorted((before.message, event.message), key=len)
    return longer.endswith(shorter.partition(": ")[2] or shorter)


def _alike(one: float, other: float) -> bool:
    """Whether two figures are the same but for rounding."""
    both_nan = math.isnan(one) and math.isnan(other)
    return both_nan or math.isclose(one, other, rel_tol=1e-3, abs_tol=6e-5)
