"""Rows of a table, in the order of training, gathered into evaluated points and a step log."""

from __future__ import annotations

import math

from diagnostics.readers._draft import Draft, joined_drafts
from diagnostics.readers._table_row import Row
from diagnostics.readers._thinning import Thinned
from diagnostics.subjects.run_history import Step

__all__ = ["RunTable"]

MOST_POINTS = 1000
MOST_STEPS = 5000
"""Points and step rows from which on neighbours are joined; more is told apart by no statistic."""

_MOST_RETURNS = 50
"""Times that a log may go back to an earlier epoch before its order is taken for meaningless."""


class RunTable:
    """Gathers rows. A row with a score or an evaluation loss ends a point, and so does a new epoch.

    Args:
        step_offset: Added to every step: 1 where the log counts from 0.

    Attributes:
        points: The points so far.
        steps: The step-level log so far; epochs as the log counts them.
        whole_epochs: Whether every epoch was a whole number.
        trains_apart: Whether any row tells of a step of the training and of no evaluation.
        repeated: How many evaluations were passed over, because their step had one already.
        returns: Where a resumed log went on: the epoch at which it went back, and to which.
        first: The first point, which thinning may have joined with the next.
        superseded: How many points were dropped because a later row told of their epochs anew.
    """

    def __init__(self, *, step_offset: int = 0) -> None:
        self.points: Thinned[Draft] = Thinned(joined_drafts, MOST_POINTS)
        self.steps: Thinned[Step] = Thinned(_joined_steps, MOST_STEPS)
        self.whole_epochs = True
        self.trains_apart = False
        self.repeated = 0
        self.returns: list[tuple[float, float]] = []
        self.superseded = 0
        self.first: Draft | None = None
        self._step_offset = step_offset
        self._pending = Draft()
        self._last: Draft | None = None
        self._first_epoch: float | None = None
        self._newest: tuple[float, float] | None = None

    def add(self, row: Row) -> None:
        """Add the next row; one without a loss, score, rate or norm tells nothing."""
        if row.summary is not None or not (row.trained or row.evaluated or _tells_more(row)):
            return
        self._place(row)
        if not self._in_order(row):
            return
        self._keep_step(row)
        if row.evaluated:
            self._add_evaluation(row)
        else:
            self._add_training(row)

    def finish(self) -> list[Draft]:
        """Return the points; rows after the last evaluation make one more."""
        self._close(only_trained=True)
        return list(self.points)

    def _place(self, row: Row) -> None:
        """Make sure of epoch and step: what is out of any range is as good as missing."""
        if row.step is not None:
            row.step += self._step_offset
            if not 0 <= row.step < 1e12:
                row.step = None
        if row.epoch is not None and not 0 <= row.epoch < 1e9:
            row.epoch = None
        if row.epoch is not None and not row.epoch.is_integer():
            self.whole_epochs = False

    def _in_order(self, row: Row) -> bool:
        """Forget what a row tells anew. False for a row that belongs to an earlier point."""
        if row.epoch is None:
            return True
        if self._first_epoch is None:
            self._first_epoch = row.epoch
        step = -1.0 if row.step is None else row.step
        newest, self._newest = self._newest, (row.epoch, step)
        if newest is None or row.epoch >= newest[0] - 1e-6 or 0 <= newest[1] < step:
            return True
        if not row.trained and row.epoch > self._first_epoch:
            self._newest = newest  # the best epoch, evaluated again at the end
            self.repeated += 1
            return False
        if len(self.returns) < _MOST_RETURNS:
            self._return_to(row.epoch, row.step, newest[0])
        return True

    def _return_to(self, epoch: float, step: float | None, newest: float) -> None:
        self._close(only_trained=True)
        self.returns.append((newest, epoch))
        self.superseded += self.points.keep(lambda draft: (draft.epoch or 0.0) < epoch)
        if self.first is not None and (self.first.epoch or 0.0) >= epoch:
            self.first = None
        if step is not None:
            self.steps.keep(lambda known: known.step < step)
        else:
            self.steps.keep(lambda known: (known.epoch or 0.0) < epoch)
        self._last = None

    def _keep_step(self, row: Row) -> None:
        step = row.order if row.step is None else row.step
        if row.loss is None and row.learning_rate is None and row.grad_norm is None:
            return
        if step is not None and 0 <= step < 1e12:
            self.trains_apart = self.trains_apart or not row.evaluated
            self.steps.add(
                Step(
                    step=int(step),
                    epoch=row.epoch,
                    loss=row.loss,
                    learning_rate=row.learning_rate,
                    grad_norm=row.grad_norm,
                )
            )

    def _add_evaluation(self, row: Row) -> None:
        last = self._last
        if last is not None and not self._pending.loss_count and last.is_at(row):
            if not last.repeats(row):
                last.take(row)
                return
            if row.step is not None:
                self.repeated += 1
                return
        self._begin_epoch(row)
        self._pending.take(row)
        self._close(only_trained=False)

    def _add_training(self, row: Row) -> None:
        last = self._last
        if last is not None and _is_late(last, row):
            last.take(row)
        else:
            self._begin_epoch(row)
            self._pending.take(row)

    def _begin_epoch(self, row: Row) -> None:
        """Close the epoch before, if it was trained and never evaluated."""
        before = self._pending.epoch
        if self.whole_epochs and None not in (before, row.epoch) and before != row.epoch:
            self._close(only_trained=True)

    def _close(self, *, only_trained: bool) -> None:
        pending = self._pending
        if only_trained and pending.train_loss is None:
            return
        self._pending = Draft()
        self._last = pending
        self.first = self.first or pending
        self.points.add(pending)


def _tells_more(row: Row) -> bool:
    return row.learning_rate is not None or row.grad_norm is not None


def _is_late(point: Draft, row: Row) -> bool:
    """Whether a training row belongs to a point: the mean of its epoch comes after it."""
    if row.mean_loss is not None and point.epoch == row.epoch:
        return True
    return point.loss_count == 0 and point.is_at(row)


def _joined_steps(earlier: Step, later: Step, share: float) -> Step:
    """Join two step rows: their mean loss, and the rest of the later one where it tells it."""
    return Step(
        step=later.step,
        epoch=later.epoch,
        loss=_weighted(earlier.loss, later.loss, share),
        learning_rate=(
            earlier.learning_rate if later.learning_rate is None else later.learning_rate
        ),
        grad_norm=_weighted(earlier.grad_norm, later.grad_norm, share),
    )


def _weighted(earlier: float | None, later: float | None, share: float) -> float | None:
    if earlier is None or later is None:
        return earlier if later is None else later
    return earlier + (later - earlier) * share if math.isfinite(earlier) else earlier
