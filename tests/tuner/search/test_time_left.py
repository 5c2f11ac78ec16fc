"""Estimates of time, memory and disk."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.facts import model_facts
from tuner.search.time_left import (
    Timing,
    disk_bytes,
    estimate,
    mean_epochs,
    memory_bytes,
    seconds_left,
    seconds_per_epoch,
)
from tuner.space import Choice, SearchSpace, WholeRange

BASE = model_facts(parameters=108_000_000, layers=12, hidden_size=768, max_length=512)


def timing(batch_size: int, done: int, seconds: float, planned: int | None = None) -> Timing:
    return Timing(
        batch_size=batch_size, epochs_done=done, epochs_planned=planned or done, seconds=seconds
    )


def test_smaller_batches_take_longer() -> None:
    """Epochs of 10 + 80 / batch_size seconds are read back, also at a size that was not tried."""
    timings = [timing(8, 5, 5 * 20.0), timing(16, 2, 2 * 15.0)]
    assert seconds_per_epoch(timings, 8) == pytest.approx(20.0)
    assert seconds_per_epoch(timings, 32) == pytest.approx(12.5)
    assert seconds_per_epoch(timings, 64) == pytest.approx(11.25)


def test_one_batch_size_speaks_for_all() -> None:
    assert seconds_per_epoch([timing(8, 2, 20.0), timing(8, 2, 24.0)], 64) == 11.0
    assert seconds_per_epoch([timing(8, 0, 20.0)], 64) is None
    assert seconds_per_epoch([], 8) is None


timings_of = st.lists(
    st.builds(
        Timing,
        batch_size=st.sampled_from([4, 8, 16, 32, 64]),
        epochs_done=st.integers(0, 20),
        epochs_planned=st.just(20),
        seconds=st.floats(0, 1e5),
    ),
    max_size=6,
)


@given(timings_of, st.sampled_from([1, 8, 64, 512]))
def test_times_are_never_negative(timings: list[Timing], batch_size: int) -> None:
    expected = seconds_per_epoch(timings, batch_size)
    assert expected is None or expected >= 0


def test_the_rest_of_a_study() -> None:
    ended = [timing(16, 10, 100.0), timing(16, 2, 20.0, planned=10)]  # 60 % of the plans trained
    left = seconds_left(
        ended,
        running=[timing(16, 3, 30.0, planned=5)],
        waiting=[(16, 4)],
        unknown_trials=5,
        expected_epochs=8.0,
        usual_batch_size=16,
    )
    assert left == pytest.approx(5 * 8 * 0.6 * 10 + 2 * 10 + 4 * 10)
    halved = seconds_left(
        ended, unknown_trials=5, expected_epochs=8.0, usual_batch_size=16, slots=2
    )
    assert halved == pytest.approx(3 * 48.0), "of five equal trainings one slot gets three"


def test_the_running_epoch_counts_as_far_as_it_went() -> None:
    def left(running: Timing) -> float | None:
        return seconds_left([], running=[running], expected_epochs=8.0, usual_batch_size=16)

    begun = timing(16, 3, 30.0, planned=5)
    assert left(begun) == pytest.approx(20.0)
    assert left(replace(begun, into_epoch=0.75)) == pytest.approx(12.5)


def test_nothing_timed_nothing_told() -> None:
    assert seconds_left([], unknown_trials=5, expected_epochs=8.0, usual_batch_size=16) is None


def test_mean_epochs() -> None:
    searched = SearchSpace(parameters={"epochs": WholeRange(low=2, high=10)}, reasons={})
    chosen = SearchSpace(parameters={"epochs": Choice(values=(3, 5))}, reasons={})
    assert mean_epochs(searched, 3) == 6.0
    assert mean_epochs(chosen, 3) == 4.0
    assert mean_epochs(SearchSpace(parameters={}, reasons={}), 3) == 3.0


def test_memory_of_a_base_encoder() -> None:
    """16 bytes per weight: 1.7 GB for BERT base, before any activation."""
    assert memory_bytes(BASE, 0, 0) == 16 * 108_000_000
    small, large = memory_bytes(BASE, 8, 128), memory_bytes(BASE, 32, 128)
    assert large - 16 * BASE.parameters == 4 * (small - 16 * BASE.parameters)
    assert memory_bytes(BASE, 0, 0, frozen_parameters=BASE.parameters) == 4 * BASE.parameters


def test_disk_does_not_grow_with_the_trials() -> None:
    assert disk_bytes(BASE.parameters, 100) - disk_bytes(BASE.parameters, 10) < 20_000_000
    assert disk_bytes(BASE.parameters, 1) < 5.1 * 4 * BASE.parameters


def test_an_estimate_says_how_it_was_made() -> None:
    told = estimate(
        BASE,
        trainings=26,
        batch_size=16,
        length=64,
        seconds_per_epoch=2.0,
        seconds=312.0,
        how="Measured on 20 steps.",
    )
    assert (told.seconds, told.seconds_per_epoch) == (312.0, 2.0)
    assert told.how.startswith("Measured on 20 steps. Memory and disk computed from 108M")
    untimed = estimate(BASE, trainings=1, batch_size=1, length=8)
    assert untimed.seconds is None
    assert untimed.memory_bytes is not None
