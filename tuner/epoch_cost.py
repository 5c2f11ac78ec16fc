"""What trainings of one study cost in seconds, at any batch size. Plain values."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EpochCost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochCost:
    """What an epoch takes, and a training beside its epochs.

    Attributes:
        per_epoch: Seconds that an epoch takes at any batch size: its tokens, and its share of an
            evaluation.
        per_step: Seconds that a step takes on top, whatever it holds.
        rows: Training windows of an epoch.
        per_training: Seconds of a training beside its epochs, such as restoring the weights.
        scatter: Relative standard deviation of the times that these figures were made from: of
            steps of one kind, and of the kinds against the figures. 0 when nothing is known.
        evaluation: Seconds of one evaluation on the development split, of which `per_epoch` holds
            a share; 0 when it is not known by itself.
    """

    per_epoch: float
    per_step: float
    rows: int
    per_training: float = 0.0
    scatter: float = 0.0
    evaluation: float = 0.0

    def of_epoch(self, batch_size: float) -> float:
        """Give the seconds of an epoch at a batch size."""
        return self.per_epoch + self.per_step * -(-self.rows // batch_size)
