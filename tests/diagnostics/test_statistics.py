"""The arithmetic of trends and noise, against brute force."""

from __future__ import annotations

import itertools
import math
import random
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics import statistics

FINITE = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


def brute_force_rising_p(values: list[float]) -> float:
    """The share of all orders of the values that rise at least as much."""

    def score(order: tuple[float, ...]) -> int:
        pairs = itertools.combinations(order, 2)
        return sum((later > earlier) - (later < earlier) for earlier, later in pairs)

    seen = score(tuple(values))
    orders = list(itertools.permutations(values))
    return sum(score(order) >= seen for order in orders) / len(orders)


@settings(deadline=None)  # all orders of seven values take a while on a busy machine
@given(
    st.lists(FINITE, min_size=4, max_size=7)
    | st.lists(st.integers(0, 3).map(float), min_size=4, max_size=7)
)
def test_rising_p_is_exact(values: list[float]) -> None:
    assert statistics.rising_p(values) == pytest.approx(brute_force_rising_p(values))


@pytest.mark.parametrize(
    ("size", "p"), [(3, 1.0), (4, 1 / 24), (5, 1 / 120)], ids=["too few", "four", "five"]
)
def test_smallest_possible_p(size: int, p: float) -> None:
    assert statistics.rising_p(list(range(size))) == pytest.approx(p)
    assert statistics.falling_p([-float(value) for value in range(size)]) == pytest.approx(p)


def test_the_approximation_joins_the_exact_distribution() -> None:
    values = [float(value) for value in range(30)]
    random.Random(5).shuffle(values)
    exact = statistics.rising_p(values)
    longer = statistics.rising_p([*values, values[-1] + 0.5])
    assert exact == pytest.approx(longer, abs=0.15)


def test_a_million_points_take_no_time_to_speak_of() -> None:
    values = [math.sin(index) + index / 1e5 for index in range(100_000)]
    assert statistics.rising_p(values) < 1e-6
    assert statistics.theil_sen_slope(values) == pytest.approx(1e-5, rel=0.05)


@given(slope=st.floats(-10, 10), start=st.floats(-10, 10), size=st.integers(2, 40))
def test_theil_sen_recovers_a_line(slope: float, start: float, size: int) -> None:
    line = [start + slope * index for index in range(size)]
    assert statistics.theil_sen_slope(line) == pytest.approx(slope, abs=1e-9)


def test_theil_sen_ignores_one_outlier() -> None:
    line = [float(index) for index in range(11)]
    line[5] = 1000.0
    assert statistics.theil_sen_slope(line) == pytest.approx(1.0, abs=0.01)


def test_jitter_is_the_noise_and_not_the_trend() -> None:
    generator = random.Random(3)
    noisy = [0.001 * index + generator.gauss(0, 0.02) for index in range(400)]
    assert statistics.jitter(noisy) == pytest.approx(0.02, rel=0.2)
    assert statistics.jitter([0.1 * index for index in range(10)]) == pytest.approx(0, abs=1e-9)
    assert statistics.jitter([0.1, 0.2, 0.3, 0.4]) is None


def test_the_error_of_f1_agrees_with_a_simulation() -> None:
    generator = random.Random(7)
    entities, share = 100, 0.75
    scores = []
    for _ in range(2000):
        # Of each gold entity: found, missed; with each miss a wrong prediction, so P = R = share.
        found = sum(generator.random() < share for _ in range(entities))
        wrong = sum(generator.random() < 1 - share for _ in range(entities))
        scores.append(2 * found / (found + wrong + entities))
    cases = statistics.f1_cases(entities, design_effect=1.0)
    expected = statistics.binomial_standard_error(fmean(scores), cases)
    assert stdev(scores) == pytest.approx(expected, rel=0.25)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_standard_errors_are_positive_and_shrink(share: float, count: int) -> None:
    error = statistics.binomial_standard_error(share, count)
    assert 0 < error <= 0.5
    assert statistics.binomial_standard_error(share, 4 * count) < error


@pytest.mark.parametrize("count", [2, 5, 10, 20, 50])
def test_the_best_of_equal_scores_is_that_lucky(count: int) -> None:
    generator = random.Random(count)
    drawn = [max(generator.gauss(0, 1) for _ in range(count)) for _ in range(4000)]
    assert statistics.expected_maximum(count) == pytest.approx(fmean(drawn), abs=0.06)


def test_the_best_of_one_owes_nothing_to_luck() -> None:
    assert statistics.expected_maximum(1) == pytest.approx(0)


def test_wilson_intervals_are_those_of_the_tables() -> None:
    assert statistics.wilson_interval(0, 15)[1] > 0.2 > statistics.wilson_interval(0, 16)[1]
    assert statistics.wilson_interval(0.5, 100) == pytest.approx((0.404, 0.596), abs=0.001)
    assert statistics.wilson_interval(1, 10) == pytest.approx((0.722, 1), abs=0.001)
    assert statistics.wilson_interval(0, 3) == pytest.approx((0, 0.561), abs=0.001)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_a_wilson_interval_holds_its_share(share: float, count: int) -> None:
    low, high = statistics.wilson_interval(share, count)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    assert high - low > 0


def test_wilson_intervals_of_few_cases_hold_the_truth() -> None:
    generator = random.Random(11)
    for truth, count in ((0.9, 5), (0.5, 8), (0.98, 20)):
        hits = [sum(generator.random() < truth for _ in range(count)) for _ in range(2000)]
        ends = [statistics.wilson_interval(hit / count, count) for hit in hits]
        assert fmean(low <= truth <= high for low, high in ends) > 0.88
