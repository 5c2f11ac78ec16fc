"""One printed row of figures, whatever form it was printed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Row"]

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one printed line says about one point of a training; None where it says nothing.

    Attributes:
        epoch: Epochs trained, as printed.
        step: Optimizer steps, as printed: of the whole training, or of the epoch.
        epochs: Epochs planned, as in `Epoch 3/10`.
        steps: Steps planned, as in `120/400`.
        training: `loss`, `learning_rate`, `grad_norm` while training.
        evaluation: `loss` and metrics by standard names on the development split.
        per_type: Scores of entity types at this evaluation.
        samples: Sentences of the split that the line is about, where its times tell.
        seconds: Wall time that the line tells of.
        counted: Whether the epoch is a number of a loop, from 0 or 1, and not a share of the data.
        whole_epoch: Whether the training loss is the mean of the epoch, not of the last steps.
        ends: Whether the line closes the training.
        latest: Whether it corrects what the same epoch said before, as progress bars do.
    """

    epoch: float | None = None
    step: int | None = None
    epochs: float | None = None
    steps: int | None = None
    training: Scores = field(default_factory=dict)
    evaluation: Scores = field(default_factory=dict)
    per_type: Mapping[str, Scores] = field(default_factory=dict)
    samples: int | None = None
    seconds: float | None = None
    counted: bool = False
    whole_epoch: bool = False
    ends: bool = False
    latest: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured: the line only tells where the training is."""
        return not (self.training or self.evaluation or self.per_type)
