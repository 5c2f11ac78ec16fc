"""Trainings whose development split is far larger than what they train on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.training.conftest import SPEC, run
from tuner.data import TaskData
from tuner.engine import Verdict
from tuner.engines.in_process import open_workbench
from tuner.evaluation_pace import LEAST_EVALUATIONS, TRAINING_COST, epochs_between
from tuner.training.fine_tune import Workbench
from tuner.training.probe import probe
from tuner.trial import TrialSpec, TrialState

HUGE = 10**9


@given(st.integers(1, HUGE), st.integers(0, HUGE), st.integers(1, 1000))
def test_no_evaluation_costs_more_than_what_it_judges_unless_there_would_be_too_few(
    train: int, dev: int, epochs: int
) -> None:
    pause = epochs_between(train, dev, replace(SPEC, epochs=epochs))
    scored = [epoch for epoch in range(1, epochs + 1) if (epochs - epoch) % pause == 0]
    assert scored[-1] == epochs
    assert len(scored) >= min(epochs, LEAST_EVALUATIONS)
    if dev <= TRAINING_COST * train:
        assert pause == 1
    elif dev > TRAINING_COST * train * pause:
        assert pause == max(1, epochs // LEAST_EVALUATIONS)


@pytest.fixture
def lopsided(bench: Workbench, easy: TaskData) -> Workbench:
    """A development split of five times the training split."""
    few = easy.train[: len(easy.dev) // 5]
    small = open_workbench(replace(easy, train=few), bench.source, bench.device)
    small.checkpoint_every = 0.0
    return small


@pytest.mark.parametrize(("epochs", "scored"), [(3, [1, 2, 3]), (9, [1, 3, 5, 7, 9])])
def test_a_large_development_split_is_scored_less_often(
    lopsided: Workbench, spec: TrialSpec, tmp_path: Path, epochs: int, scored: list[int]
) -> None:
    longer = replace(spec, epochs=epochs, batch_size=2)
    trained = run(lopsided, tmp_path / "run", longer)
    assert trained.outcome.state is TrialState.FINISHED
    assert [report.epoch for report in trained.reports] == scored
    covered = [report.tokens / lopsided.train.ids.size for report in trained.reports]
    assert covered == pytest.approx([1, *(2 if epochs == 9 else 1 for _ in scored[1:])])


def test_one_that_was_interrupted_goes_on_at_the_same_pace(
    lopsided: Workbench, spec: TrialSpec, tmp_path: Path
) -> None:
    longer = replace(spec, epochs=9, batch_size=2)
    whole = run(lopsided, tmp_path / "whole", longer)
    halt = {5: Verdict(action="interrupt", reason="time is up")}
    run(lopsided, tmp_path / "part", longer, verdicts=halt)
    rest = run(lopsided, tmp_path / "part", longer, resume=True)
    assert [r.epoch for r in rest.reports] == [1, 3, 5, 7, 9]
    assert (rest.losses, rest.f1s) == (whole.losses, whole.f1s)


def test_the_time_of_an_epoch_holds_its_share_of_an_evaluation(
    lopsided: Workbench, spec: TrialSpec
) -> None:
    longer = replace(spec, epochs=9, batch_size=2)
    measured = probe(lopsided, longer)
    assert measured is not None
    assert "scored every 2 epochs, since the development split has" in measured.how
    assert measured.cost.per_epoch > measured.cost.evaluation / 2
    trunk = probe(lopsided, replace(longer, schedule="trunk"))
    assert trunk is not None and "scored every" not in trunk.how
