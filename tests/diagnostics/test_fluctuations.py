"""Turning points, reversals, autocorrelation and spikes, against brute force and simulation."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics import fluctuations

DISTINCT = st.lists(st.integers(-50, 50), min_size=4, max_size=7, unique=True)


def turning_points(values: tuple[int, ...]) -> int:
    return sum(
        (middle > before) != (after > middle)
        for before, middle, after in zip(values, values[1:], values[2:], strict=False)
    )


@settings(deadline=None)
@given(DISTINCT)
def test_the_p_of_turning_points_is_exact(values: list[int]) -> None:
    orders = list(itertools.permutations(values))
    seen = turning_points(tuple(values))
    share = sum(turning_points(order) >= seen for order in orders) / len(orders)
    assert fluctuations.turning_points_p(values) == pytest.approx(share)


def test_alternation_is_significant_from_nine_points() -> None:
    def up_and_down(size: int) -> list[float]:
        return [place % 2 + 0.001 * place for place in range(size)]

    assert fluctuations.turning_points_p(up_and_down(8)) == pytest.approx(0.0687, abs=1e-4)
    assert fluctuations.turning_points_p(up_and_down(9)) == pytest.approx(0.0437, abs=1e-4)


def test_repeated_values_are_no_turning_points() -> None:
    assert fluctuations.turning_points_p([1, 1, 2, 2, 3, 3, 4, 4]) == 1.0
    assert fluctuations.turning_points_p([]) == 1.0


def test_random_series_rarely_pass_for_oscillating() -> None:
    generator = random.Random(7)
    alarms = sum(
        fluctuations.turning_points_p([generator.random() for _ in range(12)]) < 0.05
        for _ in range(2000)
    )
    assert alarms <= 0.05 * 2000 * 1.2


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([], 0),
        ([0.5], 0),
        ([0.1, 0.5, 0.9], 0),
        ([0.1, 0.9, 0.1], 1),
        ([0.1, 0.9, 0.88, 0.9, 0.1, 0.9], 2),
        ([0.5, 0.52, 0.49, 0.51], 0),
        ([0.9, 0.8, 0.7, 0.6, 0.85], 1),
    ],
)
def test_reversals_count_large_moves_only(values: list[float], count: int) -> None:
    assert fluctuations.reversals(values, 0.1) == count


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.01, 0.5))
def test_reversals_do_not_depend_on_the_direction(values: list[float], least: float) -> None:
    upside_down = [-value for value in values]
    assert fluctuations.reversals(values, least) == fluctuations.reversals(upside_down, least)


def test_autocorrelation_tells_overshooting_from_drift() -> None:
    generator = random.Random(3)
    noise = [generator.gauss(0, 1) for _ in range(400)]
    assert abs(fluctuations.lag_one_autocorrelation(noise)) < 0.15
    assert fluctuations.lag_one_autocorrelation([1.0, 2.0] * 50) < -0.9
    assert fluctuations.lag_one_autocorrelation([float(place) for place in range(50)]) == 0.0
    assert fluctuations.lag_one_autocorrelation([0.7] * 50) == 0.0


def test_spikes_are_found_and_noise_is_not() -> None:
    generator = random.Random(11)
    values = [0.5 + 0.05 * generator.random() for _ in range(300)]
    assert fluctuations.spikes(values) == ()
    values[100], values[200] = 3.0, 1.2
    assert [place for place, _ in fluctuations.spikes(values)] == [100, 200]


def test_a_step_up_is_one_spike_at_most() -> None:
    assert len(fluctuations.spikes([0.5] * 50 + [2.0] * 50)) <= 2


def test_a_long_log_is_searched_in_time() -> None:
    generator = random.Random(1)
    values = [generator.gauss(1, 0.2) for _ in range(50_000)]
    assert len(fluctuations.spikes(values)) < 50
