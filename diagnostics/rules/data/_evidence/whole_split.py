"""What only the whole training split can tell: how much of something there is, and what is not."""

from __future__ import annotations

from diagnostics.subjects.dataset import Dataset

__all__ = ["every_training_sentence"]


def every_training_sentence(dataset: Dataset) -> str | None:
    """Return None when all training sentences were looked at, else that it was only a sample."""
    if dataset.sampled is None:
        return None
    return f"only a sample of {dataset.sampled:,} training sentences was looked at"
