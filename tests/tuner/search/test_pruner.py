"""The pruner: what it compares, when it is quiet, and what it never does."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tuner.kept_epoch import noise_margin
from tuner.search.curves import best_at, quantile, schedule_shape
from tuner.search.pruner import Curve, CurvePoint, FairPruner
from tuner.trial import TrialSpec, TrialState

PRUNER = FairPruner(least_comparable=3)  # ten, as usual, would make long examples


def curve(
    scores: Sequence[float],
    *,
    epochs: int | None = None,
    key: str = "0009",
    losses: Sequence[float | None] | None = None,
    state: TrialState = TrialState.FINISHED,
    schedule: str = "linear",
) -> Curve:
    planned = epochs or len(scores)
    told = losses or [1.0] * len(scores)
    points = tuple(
        CurvePoint(progress=epoch / planned, score=score, loss=loss)
        for epoch, (score, loss) in enumerate(zip(scores, told, strict=True), start=1)
    )
    return Curve(key=key, schedule=schedule, points=points, state=state, epochs=planned)


def good(count: int = 3, **changes: str | TrialState) -> list[Curve]:
    """Finished trainings that climb to 0.80, 0.81, ... over ten epochs."""
    return [
        dataclasses.replace(
            curve([0.5, 0.6, 0.7, 0.74, 0.76, 0.77, 0.78, 0.79, 0.795, 0.8 + n / 100], key=str(n)),
            **changes,  # type: ignore[arg-type]
        )
        for n in range(count)
    ]


BAD = curve([0.1, 0.2, 0.22, 0.23], epochs=10)


def test_a_poor_training_is_stopped_with_the_comparison() -> None:
    advice = PRUNER.advise(BAD, good())
    assert advice is not None
    assert advice.progress == pytest.approx(0.4)
    assert advice.score == pytest.approx(0.23)
    assert advice.threshold == pytest.approx(0.74 - 0.02)
    assert advice.compared_with == ("0", "1", "2")
    assert "0.230 is below 0.720 at 40% of its plan (3 trials compared)" in advice.reason
    # over the last third of its course it rose from 0.2133 to 0.23: a slope of 0.125 per plan
    assert advice.evidence["within_reach"] == pytest.approx(0.23 + 0.125 * 0.6 / 2)
    assert advice.evidence["needed"] == pytest.approx(0.82 - 0.02)


def test_a_training_that_climbs_steeply_goes_on() -> None:
    assert PRUNER.advise(curve([0.2, 0.45, 0.60], epochs=10), good()) is None
    assert PRUNER.advise(curve([0.58, 0.59, 0.60], epochs=10), good()) is not None


def test_the_level_is_the_median_of_the_others() -> None:
    others = [curve([level] * 10, key=str(number)) for number, level in enumerate([0.3, 0.5, 0.9])]
    assert PRUNER.advise(curve([0.49] * 5, epochs=10), others) is None  # within the margin
    assert PRUNER.advise(curve([0.47] * 5, epochs=10), others) is not None


def test_nothing_is_judged_in_the_first_quarter_and_in_the_last_stretch() -> None:
    assert PRUNER.advise(curve([0.1, 0.1], epochs=8), good()) is None  # exactly one quarter
    assert PRUNER.advise(curve([0.1, 0.1, 0.1], epochs=8), good()) is not None
    assert PRUNER.advise(curve([0.1] * 9, epochs=10), good()) is None
    assert PRUNER.advise(curve([0.1] * 8, epochs=10), good()) is not None


def test_a_number_of_comparable_trainings_is_needed() -> None:
    assert PRUNER.advise(BAD, good(2)) is None
    assert PRUNER.advise(BAD, [*good(2), BAD]) is None  # itself does not count
    assert PRUNER.advise(BAD, good(3)) is not None


def test_usually_ten_comparable_trainings_are_needed() -> None:
    assert FairPruner().advise(BAD, good(9)) is None
    assert FairPruner().advise(BAD, good(10)) is not None


@pytest.mark.parametrize(
    "state",
    [TrialState.RUNNING, TrialState.FAILED, TrialState.INFEASIBLE, TrialState.INTERRUPTED],
)
def test_only_finished_and_pruned_trainings_count(state: TrialState) -> None:
    assert PRUNER.advise(BAD, good(5, state=state)) is None
    assert PRUNER.advise(BAD, good(5, state=TrialState.PRUNED)) is not None


def test_schedules_are_never_mixed() -> None:
    assert PRUNER.advise(BAD, good(5, schedule="constant")) is None


def test_a_pruned_training_counts_as_far_as_it_went() -> None:
    short = [
        curve([0.5, 0.6, 0.7], epochs=10, key=str(n), state=TrialState.PRUNED) for n in range(3)
    ]
    assert PRUNER.advise(curve([0.1, 0.1, 0.1], epochs=10), short) is not None
    assert PRUNER.advise(BAD, short) is None  # at 40 %, which none of them reached


def test_progress_is_the_share_of_the_own_plan() -> None:
    """Five of twenty epochs and one of four are the same place; batch size plays no part."""
    others = [
        curve([0.6, 0.7, 0.75, 0.8], key="four"),
        curve([0.7] * 19 + [0.8], key="twenty"),
        curve([0.7, 0.8], key="two"),
    ]
    half = curve([0.1, 0.2, 0.2, 0.2], epochs=8)
    advice = PRUNER.advise(half, others)
    assert advice is not None
    assert advice.evidence["best_of_others"] == pytest.approx(0.7)
    assert advice.threshold == pytest.approx(0.7 - 0.02)


def test_a_short_plan_that_still_climbs_goes_on_beside_long_plans() -> None:
    """After one of three epochs a short plan is lower on its curve than a long one at a third."""
    long_plans = [curve([0.5, 0.7, 0.75, *[0.8] * 12], key=str(n)) for n in range(4)]
    assert PRUNER.advise(curve([0.5], epochs=3), long_plans) is None
    assert PRUNER.advise(curve([0.5, 0.51], epochs=3), long_plans) is not None


@pytest.mark.parametrize(
    ("scores", "losses", "stopped"),
    [
        ([0.0] * 4, [2.0, 1.5, 1.2, 1.0], False),  # the loss falls: it learns below the threshold
        ([0.0] * 4, [2.0, 1.5, 1.2, 1.2], True),  # the loss stands still
        ([0.0] * 4, [2.0, 1.5, 1.2, 1.3], True),
        ([0.0] * 4, [2.0, 1.5, 1.2, math.nan], True),
        ([0.0] * 4, [math.nan, math.nan, math.nan, 1.0], False),
        ([0.0] * 4, [None] * 4, False),  # nobody knows
        ([0.0, 0.0, 0.0, 0.05], [2.0, 1.5, 1.2, 1.3], False),  # it has only just left 0
        ([0.0, 0.0, 0.05, 0.05], [2.0, 1.5, 1.2, 1.0], True),
        ([0.0] * 6, [2.0, 1.5, 1.2, 1.0, 0.9, 0.8], True),  # past half of its plan
    ],
)
def test_a_slow_starter_goes_on_while_its_loss_falls(
    scores: list[float], losses: list[float | None], *, stopped: bool
) -> None:
    advice = PRUNER.advise(curve(scores, epochs=10, losses=losses), good())
    assert (advice is not None) is stopped


def test_nothing_is_stopped_while_everybody_is_at_zero() -> None:
    zeros = [curve([0.0] * 10, key=str(n)) for n in range(5)]
    assert PRUNER.advise(curve([0.0] * 6, epochs=10), zeros) is None


def test_a_score_that_is_not_finite_counts_as_zero() -> None:
    assert curve([math.nan, 0.3]).best == 0.3
    assert PRUNER.advise(curve([math.nan] * 6, epochs=10), good()) is not None


def test_an_empty_curve_goes_on() -> None:
    assert PRUNER.advise(curve([], epochs=10), good()) is None


# ---------------------------------------------------------------------------------- properties


@st.composite
def curves(draw: st.DrawFn, key: str = "x") -> Curve:
    epochs = draw(st.integers(1, 12))
    done = draw(st.integers(1, epochs))
    numbers = st.floats(0, 1, allow_nan=False)
    return curve(
        draw(st.lists(numbers, min_size=done, max_size=done)),
        epochs=epochs,
        key=key,
        losses=draw(st.lists(st.none() | st.floats(0, 3), min_size=done, max_size=done)),
        state=draw(st.sampled_from([TrialState.FINISHED, TrialState.PRUNED])),
        schedule=draw(st.sampled_from(["linear", "linear", "constant"])),
    )


others_of = st.lists(curves(), min_size=3, max_size=8).map(
    lambda drawn: [dataclasses.replace(one, key=str(n)) for n, one in enumerate(drawn)]
)


@given(curves(), others_of)
def test_the_best_at_its_progress_is_never_stopped(judged: Curve, others: list[Curve]) -> None:
    levels = [
        level
        for other in others
        if other.schedule == judged.schedule
        and (level := best_at(other, judged.progress)) is not None
    ]
    assume(judged.best >= max(levels, default=0))
    assert PRUNER.advise(judged, others) is None


def test_of_very_many_the_best_are_named() -> None:
    others = good(120)
    advice = PRUNER.advise(BAD, others)
    assert advice is not None
    assert "120 trials compared" in advice.reason
    assert len(advice.compared_with) == 50


@given(curves(), others_of)
def test_the_quiet_stretches_are_quiet(judged: Curve, others: list[Curve]) -> None:
    if judged.progress <= 0.25 or judged.progress >= 0.85:
        assert PRUNER.advise(judged, others) is None


@given(curves(), others_of)
def test_no_comparison_crosses_schedules(judged: Curve, others: list[Curve]) -> None:
    advice = PRUNER.advise(judged, others)
    same = [other for other in others if other.schedule == judged.schedule]
    assert PRUNER.advise(judged, same) == advice
    if advice is not None:
        assert set(advice.compared_with) <= {other.key for other in same}
        assert advice.score < advice.threshold


@given(curves(), others_of, st.floats(0, 1))
def test_a_higher_last_score_never_gets_a_training_stopped(
    judged: Curve, others: list[Curve], score: float
) -> None:
    last = judged.points[-1]
    assume(score >= last.score)
    better = dataclasses.replace(
        judged, points=(*judged.points[:-1], dataclasses.replace(last, score=score))
    )
    if PRUNER.advise(judged, others) is None:
        assert PRUNER.advise(better, others) is None


@given(curves(), others_of, st.floats(0, 0.5))
def test_a_curve_raised_as_a_whole_is_never_stopped_where_the_lower_one_goes_on(
    judged: Curve, others: list[Curve], rise: float
) -> None:
    assume(all(point.score > 0 for point in judged.points))
    raised = dataclasses.replace(
        judged,
        points=tuple(dataclasses.replace(p, score=p.score + rise) for p in judged.points),
    )
    # before a training's first evaluation its curve starts at 0 and cannot be raised
    assume(judged.progress * 2 / 3 >= judged.points[0].progress)
    if PRUNER.advise(judged, others) is None and len(judged.points) > 1:
        higher = PRUNER.advise(raised, others)
        assert higher is None or higher.threshold - higher.score < 1e-9


@given(curves(), others_of, st.randoms())
def test_the_order_of_the_others_does_not_matter(
    judged: Curve, others: list[Curve], chance: object
) -> None:
    mixed = list(others)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, two = PRUNER.advise(judged, others), PRUNER.advise(judged, mixed)
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert one.threshold == two.threshold


# ------------------------------------------------------------------------------------ let run


@given(st.integers(0, 10_000))
def test_one_trial_in_ten_is_let_run(seed: int) -> None:
    drawn = [number for number in range(100) if PRUNER.lets_run(number, seed)]
    assert len(drawn) == 10
    assert len({number // 10 for number in drawn}) == 10
    assert drawn[0] >= PRUNER.least_comparable  # the first ones cannot be stopped anyway


def test_which_one_depends_on_the_seed() -> None:
    drawn = {next(n for n in range(10) if PRUNER.lets_run(n, seed)) for seed in range(50)}
    assert len(drawn) > 3


# ------------------------------------------------------------------------------- curves, margin


def test_the_margin_follows_the_development_split() -> None:
    assert noise_margin(0) == noise_margin(20) == 0.05
    assert noise_margin(500) == pytest.approx(0.016, abs=1e-3)
    assert noise_margin(10**6) == 0.01
    assert FairPruner().for_development_split(500).margin == noise_margin(500)


def test_best_at_reads_between_evaluations() -> None:
    read = curve([0.4, 0.2, 0.8, 0.8], epochs=5)
    assert best_at(read, 0.1) == pytest.approx(0.2)  # on the line from (0, 0)
    assert best_at(read, 0.4) == pytest.approx(0.4)  # best so far, not last
    assert best_at(read, 0.5) == pytest.approx(0.6)
    assert best_at(read, 0.8) == pytest.approx(0.8)
    assert best_at(read, 0.81) is None
    assert best_at(curve([], epochs=5), 0.1) is None


@given(curves(), st.floats(0, 1), st.floats(0, 1))
def test_best_at_never_falls_and_stays_below_the_best(one: Curve, a: float, b: float) -> None:
    low, high = best_at(one, min(a, b)), best_at(one, max(a, b))
    if high is not None:
        assert low is not None
        assert low <= high + 1e-12
        assert high <= one.best + 1e-12


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0, 1))
def test_quantile_is_numpys(values: list[float], share: float) -> None:
    np = pytest.importorskip("numpy")
    assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), abs=1e-12)


def test_schedule_shape_tells_schedules_and_their_arguments_apart() -> None:
    spec = TrialSpec(learning_rate=1e-5, batch_size=8, epochs=2)
    assert schedule_shape(spec) == "linear"
    assert schedule_shape(dataclasses.replace(spec, warmup_ratio=0.3)) == "linear"
    other = dataclasses.replace(spec, extra={"lr_scheduler_kwargs": {"num_cycles": 2}})
    assert schedule_shape(other) == 'linear {"num_cycles": 2}'
    forced = dataclasses.replace(spec, extra={"lr_scheduler_type": "constant"})
    assert schedule_shape(forced) == "constant"


def test_the_example_of_the_documentation() -> None:
    others = [
        curve([0.62, 0.74, 0.78, 0.80], key="A"),
        curve([0.30, 0.55, 0.68, 0.74, 0.77, 0.78, 0.79, 0.79], key="B"),
        curve([0.10, 0.40, 0.52, 0.58, 0.61], epochs=10, key="C", state=TrialState.PRUNED),
    ]
    assert PRUNER.advise(curve([0.0, 0.12], epochs=8), others) is None
    advice = PRUNER.advise(curve([0.0, 0.12, 0.30], epochs=8), others)
    assert advice is not None
    assert advice.threshold == pytest.approx(0.66)
    assert advice.evidence["within_reach"] == pytest.approx(0.75)
    assert advice.evidence["needed"] == pytest.approx(0.78)
    assert PRUNER.advise(curve([0.0, 0.12, 0.32], epochs=8), others) is None
