"""The training loader: batches of similar length, collated on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from tuner.training.batches import LengthBatchSampler
from tuner.training.encode import EncodedSplit
from tuner.training.predict import collate
from tuner.trial import TrialSpec

__all__ = ["RowNumbers", "training_loader"]


def training_loader(
    split: EncodedSplit, spec: TrialSpec, padding: int, piece_tokens: int
) -> DataLoader[Any]:
    """Return the loader of a training; the rows of a batch fall in length.

    Args:
        split: The encoded training split.
        spec: Batch size and seed.
        padding: Token id that fills short rows.
        piece_tokens: Padded tokens that a cut within a batch must save.
    """
    sampler = LengthBatchSampler(split.lengths, spec.batch_size, spec.seed, piece_tokens)

    def load(rows: list[int]) -> dict[str, torch.Tensor]:
        rows = sorted(rows, key=lambda row: -int(split.lengths[row]))
        return collate(split, rows, padding, torch.device("cpu"))

    return _EpochLoader(RowNumbers(len(split)), batch_sampler=sampler, collate_fn=load)


class RowNumbers(Dataset[int]):
    """The row numbers themselves: the loader's collate function does all the work."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        """Count the rows."""
        return self.size

    def __getitem__(self, index: int) -> int:
        """Return the number."""
        return index


class _EpochLoader(DataLoader[Any]):
    """A loader that tells its batch sampler which epoch begins."""

    def set_epoch(self, epoch: int) -> None:
        sampler = self.batch_sampler
        assert isinstance(sampler, LengthBatchSampler)
        sampler.set_epoch(epoch)
