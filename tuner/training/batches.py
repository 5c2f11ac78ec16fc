"""Batches of similar length that stay as random as a padding budget allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["LengthBatchSampler", "cut_pieces", "padding_share", "piece_tokens_of", "plan_batches"]

PADDING_BUDGET = 0.10
"""Largest share of padding among the tokens of an epoch that the sampler accepts by choice."""

_MOST_NOISE = 4.0
_BISECTIONS = 12

CPU_PIECE_TOKENS = 96
"""Padded tokens that must be saved for another piece to pay on a CPU: whatever its size, a piece
costs the gradients of all weights once more, which takes a small encoder as long as the work on
about a hundred tokens (43 ms against 0.45 ms a token for 23M parameters on two cores)."""

ACCELERATOR_PIECE_TOKENS = 4096
"""The same on an accelerator, where a piece costs its kernels' start whatever its size: about what
a GPU computes of a base-sized encoder in the ten to twenty milliseconds that these take."""

IntArray = npt.NDArray[np.int64]


def piece_tokens_of(device: str) -> int:
    """Return what a cut must save on a kind of device (`cpu`, `cuda`, `mps`)."""
    return CPU_PIECE_TOKENS if device == "cpu" else ACCELERATOR_PIECE_TOKENS


def cut_pieces(lengths: IntArray, piece_tokens: int) -> list[slice]:
    """Cut a batch into pieces of similar length, which together give the gradient of the batch.

    Args:
        lengths: Shape (rows,): tokens per row, falling.
        piece_tokens: Padded tokens that a cut must save.

    Returns:
        Slices that cover all rows in order.
    """
    pieces: list[slice] = []
    pending = [(0, lengths.size)] if lengths.size else []
    while pending:
        start, stop = pending.pop()
        # Cutting before row i spares the rows from i on the padding up to the longest of all.
        savings = (lengths[start] - lengths[start:stop]) * np.arange(stop - start, 0, -1)
        cut = int(savings.argmax())
        if savings[cut] > piece_tokens:
            pending += [(start + cut, stop), (start, start + cut)]
        else:
            pieces.append(slice(start, stop))
    return pieces


def padding_share(
    batches: Sequence[IntArray], lengths: IntArray, piece_tokens: int | None = None
) -> float:
    """Share of padding tokens when each piece of a batch is padded to its longest row.

    Args:
        batches: Row numbers of each batch.
        lengths: Tokens per row.
        piece_tokens: Padded tokens that a cut must save; None never cuts a batch.
    """
    padded = sum(_padded_tokens(lengths[batch], piece_tokens) for batch in batches)
    real = int(sum(int(lengths[batch].sum()) for batch in batches))
    return 1.0 - real / padded if padded else 0.0


def _padded_tokens(lengths: IntArray, piece_tokens: int | None) -> int:
    if piece_tokens is None:
        return int(lengths.max()) * lengths.size
    falling = np.sort(lengths)[::-1]
    pieces = cut_pieces(falling, piece_tokens)
    return sum(int(falling[piece.start]) * (piece.stop - piece.start) for piece in pieces)


def plan_batches(
    lengths: IntArray,
    batch_size: int,
    generator: np.random.Generator,
    budget: float = PADDING_BUDGET,
    piece_tokens: int | None = None,
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
        piece_tokens: See `padding_share`; the cheaper pieces are, the more random batches may be.

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

    batches = cut(_widest_spread(cut, lengths, budget, piece_tokens))
    shuffled = generator.permutation(len(batches))
    return [generator.permutation(batches[number]) for number in shuffled]


def _widest_spread(
    cut: Callable[[float], list[IntArray]],
    lengths: IntArray,
    budget: float,
    piece_tokens: int | None,
) -> float:
    """Bisect for the largest noise at which the plan of `cut` stays within the budget."""

    def fits(spread: float) -> bool:
        return padding_share(cut(spread), lengths, piece_tokens) <= budget

    if fits(_MOST_NOISE):
        return _MOST_NOISE
    low, high = 0.0, _MOST_NOISE
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


class LengthBatchSampler:
    """Batch sampler for a `DataLoader`: a fresh plan for each epoch, from the seed and its number.

    An epoch's batches depend on (seed, epoch) alone, so that a resumed training sees what the
    uninterrupted one would have seen.

    Args:
        lengths: Tokens per row.
        batch_size: Rows per batch.
        seed: Seed of the training.
        piece_tokens: Padded tokens that a cut within a batch must save; see `cut_pieces`.
        budget: Largest accepted share of padding.
    """

    def __init__(
        self,
        lengths: IntArray,
        batch_size: int,
        seed: int,
        piece_tokens: int | None = None,
        budget: float = PADDING_BUDGET,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.piece_tokens = piece_tokens
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
        plan = plan_batches(
            self.lengths, self.batch_size, generator, self.budget, self.piece_tokens
        )
        for batch in plan:
            yield batch.tolist()
