"""An evaluated point of a run while its rows come in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from diagnostics.readers._table_row import Row

__all__ = ["Draft", "joined_drafts"]


@dataclass(slots=True)
class Draft:
    """An evaluated point while its rows come in; epochs and steps as the log counts them."""

    epoch: float | None = None
    step: int | None = None
    losses: float = 0.0
    loss_count: int = 0
    mean_loss: float | None = None
    eval_loss: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    train_scores: dict[str, float] = field(default_factory=dict)
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds: float | None = None
    clock: float | None = None

    @property
    def evaluated(self) -> bool:
        """Whether any row told of an evaluation."""
        return self.eval_loss is not None or bool(self.scores)

    @property
    def train_loss(self) -> float | None:
        """The mean that the log gives for the epoch, else the mean of its rows."""
        if self.mean_loss is not None:
            return self.mean_loss
        return self.losses / self.loss_count if self.loss_count else None

    def take(self, row: Row) -> None:
        """Add what a row tells; of a score that is told twice the first counts."""
        self.epoch = self.epoch if row.epoch is None else row.epoch
        self.step = self.step if row.step is None else int(row.step)
        if row.loss is not None:
            self.losses += row.loss
            self.loss_count += 1
        if row.seconds is not None:
            self.seconds = row.seconds + (self.seconds or 0.0)
        if row.mean_loss is not None:
            self.mean_loss = row.mean_loss
        self.learning_rate = _latest(self.learning_rate, row.learning_rate)
        self.grad_norm = _latest(self.grad_norm, row.grad_norm)
        self.clock = _latest(self.clock, row.clock)
        self.eval_loss = row.eval_loss if self.eval_loss is None else self.eval_loss
        self.scores = {**row.scores, **self.scores} if row.scores else self.scores
        if row.train_scores:
            self.train_scores.update(row.train_scores)

    def is_at(self, row: Row) -> bool:
        """Whether a row was logged where this point was: at its step, else at its epoch."""
        if self.step is not None and row.step is not None:
            return self.step == int(row.step)
        return self.epoch is not None and self.epoch == row.epoch

    def repeats(self, row: Row) -> bool:
        """Whether a row tells again of what this point knows already."""
        both_losses = row.eval_loss is not None and self.eval_loss is not None
        return both_losses or any(name in self.scores for name in row.scores)


def joined_drafts(earlier: Draft, later: Draft, _: float) -> Draft:
    """Keep the later of two points, unless only the earlier one holds NaN or infinity."""
    return earlier if _is_odd(earlier) and not _is_odd(later) else later


def _is_odd(draft: Draft) -> bool:
    values = (draft.train_loss, draft.eval_loss, draft.grad_norm, *draft.scores.values())
    return not math.isfinite(sum(value for value in values if value is not None))


def _latest(earlier: float | None, later: float | None) -> float | None:
    return earlier if later is None else later
