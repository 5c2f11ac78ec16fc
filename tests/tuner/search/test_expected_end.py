"""What a stopped training would have reached: a line through those that finished."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.search.curves import Curve, CurvePoint
from tuner.search.expected_end import ExpectedEnds
from tuner.trial import TrialState


def curve(*scores: float, key: str = "0", epochs: int = 4, schedule: str = "linear") -> Curve:
    points = tuple(
        CurvePoint(progress=number / epochs, score=score, loss=None)
        for number, score in enumerate(scores, start=1)
    )
    state = TrialState.FINISHED if len(scores) == epochs else TrialState.PRUNED
    return Curve(key=key, schedule=schedule, points=points, state=state, epochs=epochs)


def finished(*ends: tuple[float, float], schedule: str = "linear") -> list[Curve]:
    """Trainings by their level half-way and their end."""
    return [
        curve(0.0, level, level, end, key=str(number), schedule=schedule)
        for number, (level, end) in enumerate(ends)
    ]


def test_it_ends_where_the_line_through_the_others_says() -> None:
    others = finished((0.6, 0.8), (0.7, 0.85), (0.8, 0.9))
    # The slope is 0.5, a little less for the noise of the levels; the middle is (0.7, 0.85).
    rise = ExpectedEnds().rise(curve(0.1, 0.4), others)
    slope = 0.01 / (0.02 + 0.01**2)
    assert rise == pytest.approx(0.85 - slope * 0.3 - 0.4)


def test_it_ends_no_better_than_the_median_of_the_others() -> None:
    others = finished((0.60, 0.7), (0.61, 0.8), (0.62, 0.9))
    assert ExpectedEnds().rise(curve(0.1, 0.7), others) == pytest.approx(0.8 - 0.7)


def test_it_never_ends_below_what_it_had() -> None:
    others = finished((0.6, 0.6), (0.2, 0.3))
    assert ExpectedEnds().rise(curve(0.1, 0.9), others) == 0.0


def test_levels_that_hardly_differ_set_no_slope() -> None:
    """The end is then about the mean of the others, wherever the stopped one stood."""
    others = finished((0.500, 0.79), (0.501, 0.80))
    assert 0.1 + ExpectedEnds().rise(curve(0.0, 0.1), others) == pytest.approx(0.795, abs=0.03)


def test_two_trainings_of_the_same_schedule_are_needed() -> None:
    others = finished((0.6, 0.8), (0.7, 0.9), schedule="constant")
    stopped = curve(0.1, 0.4)
    assert ExpectedEnds().rise(stopped, others) == 0.0
    assert ExpectedEnds().rise(stopped, [*others, *finished((0.6, 0.8))]) == 0.0
    assert ExpectedEnds().rise(stopped, [*others, *finished((0.6, 0.8), (0.7, 0.9))]) > 0.0


def test_plans_of_other_lengths_are_read_at_the_same_share() -> None:
    ends = ExpectedEnds()
    long = [curve(*(0.1 * n for n in range(1, 9)), key=str(k), epochs=8) for k in range(2)]
    assert ends.rise(curve(0.1, 0.2), long) == pytest.approx(0.8 - 0.2)


scores = st.floats(0.0, 1.0)


@given(st.lists(st.tuples(scores, scores), max_size=8), scores)
def test_it_lies_between_what_it_had_and_the_median(
    ends: list[tuple[float, float]], level: float
) -> None:
    others, stopped = finished(*ends), curve(0.0, level)
    expected = stopped.best + ExpectedEnds().rise(stopped, others)
    assert expected >= level
    if others:
        assert expected <= max(level, statistics.median(one.best for one in others)) + 1e-12
