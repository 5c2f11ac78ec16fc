"""The epoch that counts is the last one that cannot be told from the best."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.kept_epoch import MOST_MARGIN, is_kept, keep_margin, kept_epoch, kept_place
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
