"""Points and steps of a training as they were printed, before their places are worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Point", "PrintedStep"]


@dataclass(slots=True)
class Point:
    """An evaluation, or the end of an epoch, with what was logged since the one before."""

    epoch: float | None = None
    step: int | None = None
    losses: float = 0.0
    rows: int = 0
    train_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    per_type: dict[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def loss(self) -> float | None:
        """The training loss of the whole epoch where it was told, else the mean of its rows."""
        if self.train_loss is not None:
            return self.train_loss
        return self.losses / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class PrintedStep:
    """A row of the step-level log; the step may count within its epoch, or be unknown."""

    epoch: float | None
    step: int | None
    loss: float | None
    learning_rate: float | None
    grad_norm: float | None
