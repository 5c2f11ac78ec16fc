"""Padding and good maximum lengths, computed from how many sentences have which length."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostics.measures.subwords import SubwordsFound

__all__ = ["cost_of_length", "padding_of_random_batches", "sufficient_length"]

STEP = 32
"""Maximum lengths are multiples of this: sizes that memory and kernels are laid out in."""

LONGEST = 512
"""Largest length proposed; the cost of attention grows with its square."""


def padding_of_random_batches(lengths: Mapping[int, int], batch_size: int) -> float:
    """Return the share of padding when sentences are put into batches by chance.

    A batch is as long as its longest sentence, whose expected length is the sum over all lengths of
    the chance that at least one of the batch is as long: `sum(1 - F(length - 1) ** batch_size)`.

    Args:
        lengths: Length to number of sentences, at least one.
        batch_size: Sentences per batch.
    """
    total = sum(lengths.values())
    mean = sum(length * count for length, count in lengths.items()) / total
    longest = 0.0
    shorter = before = 0
    for length in sorted(lengths):
        longest += (length - before) * (1 - (shorter / total) ** batch_size)
        shorter += lengths[length]
        before = length
    return 1 - mean / longest if longest else 0.0


def sufficient_length(found: SubwordsFound, *, largest_loss: float) -> int:
    """Return the smallest maximum length that loses few entities and no long tail of sentences.

    Args:
        found: The data in sub-tokens.
        largest_loss: Share of the entities that may be lost.

    Returns:
        A multiple of `STEP` up to `LONGEST`. At that bound more may be lost.
    """
    total = sum(sum(ends.values()) for ends in found.entity_ends.values())
    lengths = found.lengths_of_all()
    sentences = lengths.total()
    for length in range(STEP, LONGEST, STEP):
        lost = sum(found.lost_entities(length).values())
        longer = sum(count for size, count in lengths.items() if size > length)
        if lost <= largest_loss * total and longer <= largest_loss * sentences:
            return length
    return LONGEST


def cost_of_length(found: SubwordsFound, old: int, new: int) -> float:
    """Return how many times the tokens of an epoch a new maximum length has, padding left out."""
    lengths = found.lengths_of_all()
    before = sum(min(size, old) * count for size, count in lengths.items())
    after = sum(min(size, new) * count for size, count in lengths.items())
    return after / before if before else 1.0
