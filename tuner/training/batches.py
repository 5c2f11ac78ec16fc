"""Batches of similar length that stay as random as a padding budget allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["LengthBatchSampler", "padding_share", "plan_batches"]

PADDING_BUDGET = 0.10
"""Largest share of padding among the tokens of an epoch that the sampler accepts by choice."""

_MOST_NOISE = 4.0
_BISECTIONS = 12

IntArray = npt.NDArray[np.int64]


def padding_share(batches: Sequence[IntArray], lengths: IntArray) -> float:
    """Share of padding tokens when each batch is padded to its longest row."""
    padded = sum(int(lengths[batch].max()) * batch.size for batch in batches)
    real = int(sum(int(lengths[batch].sum()) for batch in batches))
    return 1.0 - real / padded if padded else 0.0


def plan_batches(
    lengths: IntArray,
    batch_size: int,
    generator: np.random.Generator,
    budget: float = PADDING_BUDGET,
) -> list[IntArray]:
    """Cut one epoch into batches whose padding stays within the budget.

    Rows are sorted by length times a random factor and cut; the batches are then shuffled. The
    factor's spread is the largest at which padding stays within the budget (found by bisection on
    one draw), so that rows of similar length are grouped anew in every epoch, and data of even
    length is batched at random. Where even sorting by length pads more, that least is taken.

    Args:
        lengths: Shape (rows,): tokens per row.
        batch_size: Rows per batch; one batch, at a random place, may be smaller.
        generator: Source of all randomness.
        budget: Largest accepted share of padding.

    Returns:
        Batches of row numbers, each row in exactly one.
    """
    noise = generator.standard_normal(lengths.size)
    remainder = lengths.size % batch_size
    # The one incomplete batch takes its rows from a random place of the length order, else it would
    # always hold the longest rows, whose gradient would then weigh more.
    full = lengths.size // batch_size
    odd_one = int(generator.integers(0, full + 1)) if remainder else full
    logarithms = np.log(np.maximum(lengths, 1))

    def cut(spread: float) -> list[IntArray]:
        order = np.argsort(logarithms + spread * noise, kind="stable").astype(np.int64)
        sizes = [batch_size] * full
        if remainder:
            sizes.insert(odd_one, remainder)
        return np.split(order, np.cumsum(sizes)[:-1]) if sizes else []

    batches = cut(_widest_spread(cut, lengths, budget))
    shuffled = generator.permutation(len(batches))
    return [generator.permutation(batches[number]) for number in shuffled]


def _widest_spread(
    cut: Callable[[float], list[IntArray]], lengths: IntArray, budget: float
) -> float:
    """Bisect for the largest noise at which the plan of `cut` stays within the budget."""
    if padding_share(cut(_MOST_NOISE), lengths) <= budget:
        return _MOST_NOISE
    low, high = 0.0, _MOST_NOISE
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if padding_share(cut(middle), lengths) <= budget:
            low = middle
        else:
            high = middle
    return low


class LengthBatchSampler:
    """Batch sampler for a `DataLoader`: a fresh plan for each epoch, from the seed and its number.

    An epoch's batches depend on (seed, epoch) alone, so that a resumed training sees what the
    uninterrupted one would have seen.

    Args:
        lengths: Tokens per row.
        batch_size: Rows per batch.
        seed: Seed of the training.
        budget: Largest accepted share of padding.
    """

    def __init__(
        self, lengths: IntArray, batch_size: int, seed: int, budget: float = PADDING_BUDGET
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.budget = budget
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch (from 0) that the next iteration goes through."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return -(-self.lengths.size // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the row numbers of each batch of the chosen epoch."""
        generator = np.random.default_rng([self.seed, self.epoch])
        for batch in plan_batches(self.lengths, self.batch_size, generator, self.budget):
            yield batch.tolist()
