"""The contract of a task: labels, alignment, model head, loss and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

    from diagnostics.subjects.labelled_data import Sentence
    from tuner.training.encode import EncodedSplit, IntArray
    from tuner.training.model_source import ModelSource
    from tuner.training.pristine import PristineModel
    from tuner.trial import Scores

__all__ = ["Task"]


class Task(Protocol):
    """What the trainer asks of a task; one file under `tuner/tasks/` implements it."""

    name: str

    @property
    def labels(self) -> Sequence[str]:
        """Names of the label ids."""

    def load_model(self, source: ModelSource) -> PristineModel:
        """Load the pretrained encoder with a new head for the task's labels."""

    def encode(
        self,
        sentences: Sequence[Sentence],
        source: ModelSource,
        max_length: int,
        cache: Path | None,
        fingerprint: str,
    ) -> EncodedSplit:
        """Turn a split into windows of sub-tokens with labels.

        Args:
            sentences: The split.
            source: The model, whose tokenizer is used.
            max_length: Most sub-tokens of a window.
            cache: Folder that keeps the result for later runs, or None.
            fingerprint: Changes when the sentences do.
        """

    def loss_sum(
        self, logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float
    ) -> torch.Tensor:
        """Sum the loss over all scored items, so that micro-batches add up to the batch."""

    def predictions(self, logits: torch.Tensor) -> torch.Tensor:
        """Predicted label ids, shape (rows, length)."""

    def score(self, predicted: IntArray, split: EncodedSplit, loss: float) -> Scores:
        """Score the predictions for all words of a split."""
