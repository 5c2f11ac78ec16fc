"""The winner: chosen on mean and spread, with honest intervals."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.search.comparison import gain, remarks
from tuner.search.contenders import confirm_plan, contenders
from tuner.search.finished_runs import Run
from tuner.search.seed_noise import Counts, difference_interval, mean_interval, seed_noise
from tuner.search.winner import choose, interval, saved_run
from tuner.trial import Scores, TrialSpec

SPEC = TrialSpec(learning_rate=2e-5, batch_size=16, epochs=5)


def run(
    number: int,
    score: float,
    *,
    seed: int = 42,
    seconds: float = 60.0,
    counts: Counts | None = None,
    settled: float | None = None,
) -> Run:
    selected = seed == 42
    return Run(
        key=f"{number:04d}" if selected else f"{number:04d}-seed-{seed}",
        number=number,
        spec=dataclasses.replace(SPEC, seed=seed),
        seed=seed,
        score=score,
        best_epoch=4,
        epochs=5,
        seconds=seconds,
        counts=counts,
        selected=selected,
        settled=settled,
    )


def runs_of(number: int, scores: Sequence[float], **changes: float) -> list[Run]:
    return [run(number, score, seed=42 + k, **changes) for k, score in enumerate(scores)]  # type: ignore[arg-type]


def counts(f1: float, sentences: int = 200, seed: int = 0) -> Counts:
    """Sentences with two entities each, found with the given probability."""
    chance = random.Random(seed)
    found = [sum(chance.random() < f1 for _ in range(2)) for _ in range(sentences)]
    return tuple((one, 2, 2) for one in found)


# ------------------------------------------------------------------------------------ contenders


def test_contenders_are_the_best_of_the_search_itself() -> None:
    runs = [run(0, 0.7), run(1, 0.9), run(2, 0.8), run(2, 0.99, seed=43), run(3, math.nan)]
    assert contenders(runs, 2) == (1, 2)
    assert contenders(runs, 9) == (1, 2, 0)


def test_among_equal_scores_the_faster_comes_first() -> None:
    assert contenders([run(0, 0.9, seconds=9), run(1, 0.9, seconds=5)], 2) == (1, 0)


def test_the_plan_completes_one_contender_at_a_time_and_the_recipe_last() -> None:
    runs = [run(0, 0.5), run(1, 0.9), run(2, 0.8), run(3, 0.7)]
    plan = confirm_plan(runs, 2, 2, 42)
    assert plan == ((1, 43), (1, 44), (2, 43), (2, 44), (0, 43), (0, 44))
    done = [*runs, run(1, 0.88, seed=43)]
    assert confirm_plan(done, 2, 2, 42) == plan[1:]
    assert confirm_plan(done, 2, 2, 42, attempted={(1, 44)}) == plan[2:]
    assert confirm_plan(runs, 2, 2, 42, include_recipe=False) == plan[:4]


def test_the_plan_is_empty_without_seeds_or_results() -> None:
    assert confirm_plan([run(0, 0.5)], 3, 0, 42) == ()
    assert confirm_plan([], 3, 2, 42) == ()


def test_a_recipe_that_failed_is_not_run_again() -> None:
    assert confirm_plan([run(1, 0.9)], 3, 1, 42) == ((1, 43),)


def test_a_recipe_among_the_contenders_is_planned_once() -> None:
    assert confirm_plan([run(0, 0.9)], 3, 1, 42) == ((0, 43),)


# ---------------------------------------------------------------------------------------- choice


def test_one_lucky_score_does_not_win() -> None:
    runs = [
        *runs_of(1, [0.90, 0.84, 0.85]),
        *runs_of(2, [0.89, 0.89, 0.88]),
        *(run(number, 0.8 + number / 1000) for number in range(3, 12)),
    ]
    winner = choose(runs)
    assert winner.number == 2
    assert winner.seeds == (42, 43, 44)
    assert winner.seed_scores == (0.89, 0.89, 0.88)
    assert winner.mean == pytest.approx(0.88667, abs=1e-5)
    assert winner.spread == pytest.approx(0.00577, abs=1e-5)
    assert winner.fresh_mean == pytest.approx(0.885)


@pytest.mark.parametrize("lucky", [0.88, 0.885])
def test_an_unconfirmed_score_does_not_beat_a_confirmed_one_that_is_nearly_as_high(
    lucky: float,
) -> None:
    runs = [
        *runs_of(1, [0.90, 0.86, 0.87]),
        run(2, lucky),
        *(run(number, 0.80 + number / 200) for number in range(3, 12)),
    ]
    assert choose(runs).number == 1


def test_an_unstable_leader_loses_to_an_unconfirmed_trial() -> None:
    runs = [*runs_of(1, [0.90, 0.50, 0.55]), *(run(n, 0.88 - n / 1000) for n in range(2, 9))]
    assert choose(runs).number == 2


def test_without_further_seeds_the_best_score_wins() -> None:
    winner = choose([run(0, 0.7), run(1, 0.9), run(2, 0.8)])
    assert (winner.number, winner.mean, winner.spread, winner.fresh_mean) == (1, 0.9, None, None)
    assert winner.interval is None  # one seed, no counts: nothing to compute it from


def test_settings_are_compared_by_their_levels_and_told_with_their_scores() -> None:
    runs = [run(0, 0.92, settled=0.88), run(1, 0.90, settled=0.90), run(2, 0.7, settled=0.7)]
    assert contenders(runs, 2) == (1, 0)
    winner = choose(runs)
    assert (winner.number, winner.mean, winner.seed_scores) == (1, 0.90, (0.90,))


def test_the_saved_seed_is_the_one_with_the_highest_level() -> None:
    runs = [run(1, 0.9, settled=0.85), run(1, 0.88, seed=43, settled=0.87)]
    assert saved_run(runs, 1).seed == 43


def test_among_equals_the_faster_one_wins() -> None:
    assert choose([run(0, 0.9, seconds=9), run(1, 0.9, seconds=5)]).number == 1


def test_scores_that_are_not_finite_take_no_part() -> None:
    assert choose([run(0, math.nan), run(1, math.inf), run(2, 0.3)]).number == 2
    with pytest.raises(ValueError, match="no training finished"):
        choose([run(0, math.nan)])


def test_the_saved_model_is_the_best_seed_and_its_scores_are_shown() -> None:
    runs = runs_of(1, [0.85, 0.87, 0.86])
    scores = Scores(loss=0.1, precision=0.9, recall=0.8, f1=0.87, accuracy=0.99)
    winner = choose(runs, {"0001-seed-43": scores})
    assert saved_run(runs, 1).seed == 43
    assert winner.scores is scores
    assert winner.spec.seed == 43


def test_without_scores_the_counts_speak() -> None:
    winner = choose([run(1, 0.6, counts=((2, 2, 4), (1, 2, 2)))])
    assert (winner.scores.precision, winner.scores.recall) == (0.75, 0.5)
    empty = choose([run(1, 0.0)])
    assert (empty.scores.precision, empty.scores.recall) == (0.0, 0.0)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(42, 45), st.floats(0, 1)), min_size=1, max_size=15
    )
)
def test_choosing_never_gives_nan_and_stays_among_the_runs(
    drawn: list[tuple[int, int, float]],
) -> None:
    runs = [
        run(number, score, seed=seed, counts=counts(score, 20)) for number, seed, score in drawn
    ]
    winner = choose(runs)
    assert winner.number in {one.number for one in runs}
    assert math.isfinite(winner.mean)
    assert winner.interval is not None
    low, high = winner.interval
    assert 0 <= low <= high <= 1
    change = gain(runs, winner.number)
    if change is not None:
        assert change.interval is not None
        low, high = change.interval
        assert low - 1e-12 <= change.difference <= high + 1e-12  # equal draws: rounding alone


# ------------------------------------------------------------------------------------- intervals


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """One seed, 150 sentences, true F1 0.8: the interval must miss in about 5 % of the cases."""
    hits = 0
    for number in range(200):
        drawn = counts(0.8, 150, seed=number)
        observed = sum(one[0] for one in drawn) / 300
        noise = seed_noise([observed], 0.01)
        ends = mean_interval([drawn], observed, noise, seed=number)
        assert ends is not None
        hits += ends[0] <= 0.8 <= ends[1]
    assert 180 <= hits <= 199


def test_the_interval_over_few_seeds_covers_the_truth() -> None:
    """Three seeds, no counts, noise 0.02: two or three seeds resampled would cover far less."""
    chance = random.Random(1)
    hits = 0
    for _ in range(300):
        scores = [chance.gauss(0.8, 0.02) for _ in range(3)]
        ends = mean_interval([], sum(scores) / 3, seed_noise(scores, 0.02))
        assert ends is not None
        hits += ends[0] <= 0.8 <= ends[1]
    assert hits >= 279


def test_sentences_are_paired() -> None:
    """Two models that find the same entities differ by exactly nothing, however small the split."""
    same = counts(0.7, 30)
    runs = [run(0, 0.7, counts=same), run(1, 0.7, counts=same)]
    change = gain(runs, 1)
    assert change is not None
    assert change.interval == pytest.approx((0.0, 0.0))
    other = gain([runs[0], run(1, 0.7, counts=counts(0.7, 30, seed=5))], 1)
    assert other is not None
    assert other.interval is not None
    assert other.interval[1] - other.interval[0] > 0.1


def test_the_interval_is_the_same_each_time() -> None:
    runs = [
        run(number, 0.8, seed=seed, counts=counts(0.8, 5000, seed=10 * number + seed))
        for number in (0, 1)
        for seed in (42, 43, 44)
    ]
    assert gain(runs, 1) == gain(runs, 1)


def test_counts_of_another_split_are_not_mixed() -> None:
    runs = [run(0, 0.7, counts=counts(0.7, 30)), run(1, 0.8, counts=counts(0.8, 31))]
    change = gain(runs, 1)
    assert change is not None
    assert change.interval is None


def test_sentences_without_entities_are_fine() -> None:
    nothing: Counts = ((0, 0, 0),) * 10
    assert interval([run(0, 0.0, counts=nothing)], 0) == (0.0, 0.0)
    assert interval([], 0) is None


# ------------------------------------------------------------------------------------------ gain


def test_there_is_no_gain_when_the_recipe_won_or_failed() -> None:
    assert gain([run(0, 0.9)], 0) is None
    assert gain([run(1, 0.9)], 1) is None


def test_the_gain_leaves_out_the_scores_that_made_the_choice() -> None:
    runs = [*runs_of(0, [0.80, 0.81, 0.79]), *runs_of(1, [0.90, 0.84, 0.85])]
    change = gain(runs, 1)
    assert change is not None
    assert change.winner_mean == pytest.approx(0.845)
    assert change.recipe_mean == pytest.approx(0.80)
    assert change.difference == pytest.approx(0.045)
    assert change.interval is not None
    assert change.interval[0] < 0.045 < change.interval[1]


def test_with_one_seed_the_gain_is_given_without_seed_noise() -> None:
    change = gain([run(0, 0.7), run(1, 0.8)], 1)
    assert change is not None
    assert change.difference == pytest.approx(0.1)
    assert change.interval is None


def test_more_seeds_make_the_interval_narrower() -> None:
    few = difference_interval([], [], 0.1, (seed_noise([0.8, 0.82], 0.02),) * 2)
    many = difference_interval([], [], 0.1, (seed_noise([0.8, 0.82] * 5, 0.02),) * 2)
    assert few is not None
    assert many is not None
    assert many[1] - many[0] < few[1] - few[0]


# --------------------------------------------------------------------------------------- remarks


def test_a_faster_trial_that_cannot_be_told_apart_is_named() -> None:
    runs = [
        *runs_of(1, [0.90, 0.89, 0.90], seconds=100.0),
        *runs_of(2, [0.89, 0.90, 0.89], seconds=30.0),
        *runs_of(3, [0.60, 0.61, 0.60], seconds=10.0),
        *runs_of(4, [0.89, 0.90, 0.89], seconds=95.0),
    ]
    winner = choose(runs)
    assert winner.number == 1
    (remark,) = remarks(runs, winner)
    assert remark.startswith("Trial 2 cannot be told from the winner")
    assert "30% of its training time" in remark


def test_a_trial_with_one_seed_is_not_held_against_a_confirmed_winner() -> None:
    runs = [*runs_of(1, [0.90, 0.89, 0.90], seconds=100.0), run(2, 0.89, seconds=30.0)]
    assert remarks(runs, choose(runs)) == ()
