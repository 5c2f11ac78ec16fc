"""What the trials left are expected to gain: much on a slope, little at the top, noise aside."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tuner.search.studies import RECIPE, SPACE
from tuner.search.expected_gain import FEWEST_TRIALS, Outlook, outlook, rerun_noise
from tuner.search.score_surface import candidates, encoded
from tuner.space import Choice, LogRange, SearchSpace, UniformRange
from tuner.study import Sampler
from tuner.trial import TrialSpec

ONE = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-1)}, reasons={})


def tried_at(*places: float) -> list[tuple[TrialSpec, float]]:
    """Trials at places of the learning rate's range, on a hill whose top is at 0.8."""
    return [
        (replace(RECIPE, learning_rate=1e-5 * 1e4**place), 0.9 - 0.5 * (place - 0.8) ** 2)
        for place in places
    ]


def expected(
    places: list[float], trials_left: int = 10, noise: float = 0.005, sampler: Sampler = "gp"
) -> Outlook:
    found = outlook(
        ONE, tried_at(*places), trials_left=trials_left, noise=noise, sampler=sampler, seed=1
    )
    assert found is not None
    return found


SLOPE = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
TOP = [0.0, 0.2, 0.4, 0.6, 0.75, 0.8, 0.85, 1.0]


def test_much_is_expected_where_the_slope_goes_on_and_nothing_at_the_top() -> None:
    slope, top = expected(SLOPE), expected(TOP)
    assert slope.gain > 0.02
    assert not slope.is_flat
    assert top.gain < 0.005
    assert top.is_flat
    assert (top.known, top.trials_left) == (8, 10)


def test_more_trials_are_expected_to_gain_more() -> None:
    assert expected(SLOPE, trials_left=1).gain < expected(SLOPE, trials_left=20).gain
    assert expected(SLOPE, trials_left=0).gain == 0.0


def test_chosen_trial_is_expected_to_gain_more_than_one_at_random() -> None:
    gap = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 1.0]
    assert expected(gap, 1, sampler="random").gain < 0.8 * expected(gap, 1).gain


def test_noise_alone_promises_no_more_than_noise() -> None:
    """Twenty equal settings that differ by luck: their best is no better than the others."""
    source = random.Random(0)
    tried = [
        (spec, 0.8 + source.gauss(0, 0.02)) for spec, _ in tried_at(*(n / 19 for n in range(20)))
    ]
    found = outlook(ONE, tried, trials_left=20, noise=0.02, seed=1)
    assert found is not None
    assert found.gain < 0.02


def test_same_trials_and_seed_give_the_same_outlook() -> None:
    assert expected(SLOPE) == expected(SLOPE)


def test_too_few_scores_say_nothing() -> None:
    few = tried_at(*SLOPE)[: FEWEST_TRIALS - 1]
    assert outlook(ONE, few, trials_left=5, noise=0.01) is None
    unknown = [*few, (RECIPE, math.nan)]
    assert outlook(ONE, unknown, trials_left=5, noise=0.01) is None
    nothing = SearchSpace(parameters={}, reasons={})
    assert outlook(nothing, tried_at(*SLOPE), trials_left=5, noise=0.01) is None


def test_trainings_that_learned_nothing_count_as_a_little_worse_than_the_others() -> None:
    """The best is 0.9 and the median 0.86: nothing counts as less than 0.78."""
    specs = [spec for spec, _ in tried_at(*TOP)]
    scores = [0.3, 0.78, 0.85, 0.86, 0.86, 0.9, 0.88, 0.87]

    def found(worst: float) -> Outlook | None:
        tried = list(zip(specs, [worst, *scores[1:]], strict=True))
        return outlook(ONE, tried, trials_left=10, noise=0.005, seed=1)

    assert found(0.0) == found(0.3) == found(0.7)
    assert found(0.0) != found(0.84)


def test_noise_of_a_re_run_falls_with_the_split_but_not_below_that_of_seeds() -> None:
    noises = [rerun_noise(0.85, entities) for entities in (50, 500, 5000, 10**9)]
    assert noises == sorted(noises, reverse=True)
    assert noises[0] == pytest.approx(0.035, abs=0.003)
    assert noises[-1] == pytest.approx(0.005, abs=1e-6)
    assert rerun_noise(0.0, 0) > 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=8, max_size=14), st.floats(0.001, 0.2))
def test_any_scores_give_a_gain(scores: list[float], noise: float) -> None:
    source = random.Random(1)
    tried = [
        (
            replace(
                RECIPE,
                learning_rate=source.choice((1e-5, 1e-4, 1e-3)),
                batch_size=source.choice((4, 32)),
                epochs=source.choice((2, 6)),
            ),
            score,
        )
        for score in scores
    ]
    found = outlook(SPACE, tried, trials_left=5, noise=noise)
    assert found is not None
    assert 0 <= found.gain < 2


def test_settings_become_numbers_from_0_to_1() -> None:
    import numpy as np

    space = SearchSpace(
        parameters={
            **SPACE.parameters,
            "dropout": UniformRange(low=0.0, high=0.5),
            "schedule": Choice(values=("linear", "cosine", "constant")),
        },
        reasons={},
    )
    spec = TrialSpec(learning_rate=1e-3, batch_size=4, epochs=4, dropout=0.25, schedule="cosine")
    assert encoded(space, [spec]).tolist() == pytest.approx(
        np.asarray([[1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 0.0]])
    )
    drawn = candidates(space, spec, 50, np.random.default_rng(0))
    assert drawn.shape == (50, 7)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert set(drawn[:, 4:].sum(axis=1)) == {1.0}
