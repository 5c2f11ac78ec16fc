"""The training loader: batches of similar length, collated on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from tuner.training.batches import LengthBatchSampler
from tuner.training.encode import EncodedSplit
from tuner.training.predict import collate
from tuner.training.trunk_course import TrunkCourse, TrunkSampler
from tuner.trial import TrialSpec

__all__ = ["RowNumbers", "training_loader", "trunk_loader"]


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
    rows = RowNumbers(len(split))
    return _EpochLoader(rows, batch_sampler=sampler, collate_fn=_collator(split, padding))


def trunk_loader(
    split: EncodedSplit, spec: TrialSpec, padding: int, piece_tokens: int, course: TrunkCourse
) -> DataLoader[Any]:
    """Return the loader of a trunk, which goes through all of its steps in one pass.

    Args:
        split: The encoded training split.
        spec: Batch size and seed.
        padding: Token id that fills short rows.
        piece_tokens: Padded tokens that a cut within a batch must save.
        course: The order of the steps.
    """
    batches = LengthBatchSampler(split.lengths, spec.batch_size, spec.seed, piece_tokens)
    rows, sampler = RowNumbers(len(split)), TrunkSampler(batches, course)
    return DataLoader(rows, batch_sampler=sampler, collate_fn=_collator(split, padding))


def _collator(split: EncodedSplit, padding: int) -> Callable[[list[int]], dict[str, torch.Tensor]]:
    def load(rows: list[int]) -> dict[str, torch.Tensor]:
        rows = sorted(rows, key=lambda row: -int(split.lengths[row]))
        return collate(split, rows, padding)

    return load


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
