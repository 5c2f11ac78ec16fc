"""The epoch that counts is the last one that cannot be told from the best."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.kept_epoch import (
    MOST_MARGIN,
    is_kept,
    keep_margin,
    kept_epoch,
    kept_place,
    settled_epochs,
    settled_score,
)
from tuner.trial import TRUNK, EpochReport, Scores, TrialSpec, TypeScores

SPEC = TrialSpec(learning_rate=1e-4, batch_size=16, epochs=4)


def report(epoch: int, f1: float, entities: int = 0) -> EpochReport:
    types = TypeScores(precision=f1, recall=f1, f1=f1, support=entities)
    scores = Scores(
        loss=None,
        precision=f1,
        recall=f1,
        f1=f1,
        accuracy=f1,
        per_type={"all": types} if entities else {},
    )
    return EpochReport(epoch=epoch, epochs=4, step=epoch, train_loss=0.1, scores=scores)


def reports(*scores: float, entities: int = 0) -> list[EpochReport]:
    return [report(epoch, f1, entities) for epoch, f1 in enumerate(scores, start=1)]


def test_last_epoch_within_the_noise_is_kept() -> None:
    kept = kept_epoch(reports(0.5, 0.81, 0.80, 0.77, entities=80), SPEC)
    assert kept is not None
    assert kept.epoch == 3


def test_large_split_tells_small_differences() -> None:
    kept = kept_epoch(reports(0.5, 0.815, 0.80, 0.77, entities=100_000), SPEC)
    assert kept is not None
    assert kept.epoch == 2


def test_without_entities_the_first_of_the_highest_is_kept() -> None:
    kept = kept_epoch(reports(0.5, 0.81, 0.81, 0.805), SPEC)
    assert kept is not None
    assert kept.epoch == 2


def test_entities_may_be_told_by_one_epoch_alone() -> None:
    told = [*reports(0.5, 0.81), report(3, 0.80, 80), report(4, 0.70)]
    kept = kept_epoch(told, SPEC)
    assert kept is not None
    assert kept.epoch == 3


def test_branches_of_a_trunk_are_trainings_of_their_own() -> None:
    trunk = TrialSpec(learning_rate=1e-4, batch_size=16, epochs=4, schedule=TRUNK)
    kept = kept_epoch(reports(0.5, 0.81, 0.80, 0.80, entities=80), trunk)
    assert kept is not None
    assert kept.epoch == 2


def test_scores_that_are_not_finite_take_no_part() -> None:
    assert kept_place([math.nan, math.inf], 0.01) is None
    assert kept_place([0.3, math.nan, 0.2, math.inf], 0.2) == 2
    assert kept_epoch([], SPEC) is None
    assert not is_kept([], SPEC)


def test_margin_is_bounded_and_0_without_entities() -> None:
    assert keep_margin(0) == 0
    assert keep_margin(10) == MOST_MARGIN
    assert keep_margin(10**6) == pytest.approx(0.01)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.sampled_from([0, 60, 700, 100_000]),
)
def test_saving_as_the_training_goes_ends_with_the_kept_epoch(
    scores: list[float], entities: int
) -> None:
    told = reports(*scores, entities=entities)
    saved = None
    for done in range(1, len(told) + 1):
        if is_kept(told[:done], SPEC):
            saved = told[done - 1]
    assert saved is kept_epoch(told, SPEC)
    assert saved is not None
    assert saved.scores.f1 >= max(scores) - keep_margin(entities) - 1e-12


# ------------------------------------------------------------- the score that settings compare by


@pytest.mark.parametrize(("epochs", "averaged"), [(1, 1), (14, 1), (15, 2), (30, 3), (52, 5)])
def test_scores_are_averaged_over_a_share_of_the_plan(epochs: int, averaged: int) -> None:
    assert settled_epochs(replace(SPEC, epochs=epochs)) == averaged


def test_settled_score_is_the_mean_up_to_the_epoch_that_counts() -> None:
    told = reports(0.1, 0.8, 0.84, 0.82, 0.83, 0.2, entities=80)
    assert settled_score(told, replace(SPEC, epochs=30)) == pytest.approx((0.84 + 0.82 + 0.83) / 3)
    assert settled_score(told, SPEC) == 0.83, "of a short plan one score counts"
    assert settled_score(told[:1], replace(SPEC, epochs=30)) == 0.1


def test_settled_score_leaves_out_what_is_not_finite() -> None:
    told = reports(0.1, math.nan, 0.84, entities=80)
    assert settled_score(told, replace(SPEC, epochs=30)) == pytest.approx((0.1 + 0.84) / 2)
    assert settled_score(reports(math.nan), SPEC) is None
    assert settled_score([], SPEC) is None


def test_branches_of_a_trunk_are_not_averaged() -> None:
    trunk = TrialSpec(learning_rate=1e-4, batch_size=16, epochs=20, schedule=TRUNK)
    assert settled_score(reports(0.7, 0.9, 0.8), trunk) == 0.9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(1, 60), st.integers(0, 5000))
def test_kept_score_is_not_further_below_the_settled_one_than_equal_epochs_differ(
    scores: list[float], epochs: int, entities: int
) -> None:
    """By this the weights of a training that may come to lead are never left unsaved."""
    spec, told = replace(SPEC, epochs=epochs), reports(*scores, entities=entities)
    kept, settled = kept_epoch(told, spec), settled_score(told, spec)
    assert kept is not None
    assert settled is not None
    assert kept.scores.f1 >= settled - keep_margin(entities) - 1e-12
