"""Batches hold every row once, stay within the padding budget, and stay random."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.training.batches import (
    LengthBatchSampler,
    cut_pieces,
    padding_share,
    piece_tokens_of,
    plan_batches,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 512), min_size=1, max_size=200),
    st.integers(1, 64),
    st.integers(0, 2**31),
)
def test_each_row_is_in_exactly_one_batch(lengths: list[int], size: int, seed: int) -> None:
    array = np.array(lengths, dtype=np.int64)
    batches = plan_batches(array, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert sum(batch.size != size for batch in batches) <= 1


def lognormal(rows: int = 1200) -> np.ndarray:
    drawn = np.random.default_rng(20_000).lognormal(3.0, 0.9, rows)
    return np.maximum(1, drawn).astype(np.int64)


def test_padding_stays_within_the_budget() -> None:
    lengths = lognormal()
    for seed in range(10):
        batches = plan_batches(lengths, 16, np.random.default_rng(seed))
        assert padding_share(batches, lengths) <= 0.10
    shuffled = np.array_split(np.random.default_rng(1).permutation(lengths.size), 75)
    assert padding_share(shuffled, lengths) > 0.5  # what random batches of these rows waste


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 512), min_size=0, max_size=80).map(lambda n: sorted(n, reverse=True)),
    st.integers(0, 4096),
)
def test_pieces_cover_a_batch_and_pay(lengths: list[int], piece_tokens: int) -> None:
    array = np.array(lengths, dtype=np.int64)
    pieces = cut_pieces(array, piece_tokens)
    covered = [row for piece in pieces for row in range(piece.start, piece.stop)]
    assert covered == list(range(len(lengths)))
    padded = sum(int(array[piece].max()) * (piece.stop - piece.start) for piece in pieces)
    whole = int(array.max(initial=0)) * array.size
    assert whole - padded >= piece_tokens * (len(pieces) - 1)


def test_cheap_pieces_leave_batches_more_random() -> None:
    lengths = lognormal()
    whole = plan_batches(lengths, 16, np.random.default_rng(0))
    cheap = piece_tokens_of("cpu")
    cut = plan_batches(lengths, 16, np.random.default_rng(0), piece_tokens=cheap)
    assert padding_share(cut, lengths, cheap) <= 0.10
    spread_whole, spread_cut = (
        np.mean([np.log(lengths[batch]).std() for batch in plan]) for plan in (whole, cut)
    )
    assert spread_cut > 1.5 * spread_whole


def test_rows_meet_new_neighbours_in_every_epoch() -> None:
    sampler = LengthBatchSampler(lognormal(), 16, seed=1)
    meetings = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        meetings.append(
            {frozenset((a, b)) for batch in sampler for a in batch for b in batch if a < b}
        )
    shared = len(meetings[0] & meetings[1]) / len(meetings[0])
    assert shared < 0.5


def test_rows_of_one_length_are_batched_at_random() -> None:
    lengths = np.full(640, 20, dtype=np.int64)
    first = plan_batches(lengths, 16, np.random.default_rng(0))
    gaps = [abs(int(a) - int(b)) for batch in first for a, b in itertools.pairwise(batch)]
    assert np.mean(gaps) > 150  # neighbours in the file would be 1 apart


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    def batches(epoch: int, seed: int) -> list[list[int]]:
        sampler = LengthBatchSampler(lognormal(100), 8, seed=seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert batches(3, 1) == batches(3, 1)
    assert batches(3, 1) != batches(4, 1)
    assert batches(3, 1) != batches(3, 2)


def test_the_longest_rows_are_not_always_in_the_incomplete_batch() -> None:
    lengths = lognormal(100)
    longest = int(lengths.argmax())
    odd = []
    for seed in range(40):
        batches = plan_batches(lengths, 16, np.random.default_rng(seed))
        odd.append(any(longest in batch and batch.size == 100 % 16 for batch in batches))
    assert 0 < sum(odd) < 20
