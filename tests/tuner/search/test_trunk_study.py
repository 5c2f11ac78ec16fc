"""Studies of trunks with scripted branches: pruning, early ends, confirmation, forecasts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics import diagnose
from tests.tuner.search.studies import RECIPE, SPACE, make_spec, peak, rising, search
from tuner.engine import Job, JobEnded, Message, StepsDone
from tuner.engines.scripted import Curves, ScriptedEngine
from tuner.errors import StudyError, UsageError
from tuner.search.curves import schedule_shape
from tuner.search.folder import StudyFolder
from tuner.search.forecast import expected_seconds
from tuner.search.interrupt import StopRequest
from tuner.search.ledger import Ledger
from tuner.space import Choice, SearchSpace
from tuner.study import StudySpec
from tuner.trial import TrialOutcome, TrialSpec, TrialState, TrunkPlan
from tuner.trunk import branch_spec, planned_epochs, trained_epochs
from tuner.trunk_choice import trunk_study

TRUNK_SPACE, TRUNK = trunk_study(SPACE, replace(RECIPE, schedule="trunk"))


def trunk_spec(**changes: object) -> StudySpec:
    return make_spec(space=TRUNK_SPACE, recipe=TRUNK, **changes)


def best_at(count: int) -> Curves:
    """Curves whose branches are best at one count and fall off on both sides."""

    def curve(spec: TrialSpec) -> list[float]:
        assert spec.trunk is not None
        return [peak(spec) * (1 - 0.1 * abs(one - count)) for one in spec.trunk.counts]

    return curve


def test_epochs_leave_the_space_and_become_counts() -> None:
    assert "epochs" in SPACE.parameters and "epochs" not in TRUNK_SPACE.parameters
    assert (TRUNK.epochs, TRUNK.trunk) == (6, TrunkPlan(counts=(2, 3, 6)))
    _, longer = trunk_study(SPACE, replace(RECIPE, schedule="trunk"), epochs=12)
    assert longer.trunk == TrunkPlan(counts=(1, 2, 3, 5, 8, 12)) and longer.epochs == 12
    assert trunk_study(SPACE, RECIPE) == (SPACE, RECIPE)


def test_the_winner_is_a_branch_and_is_confirmed_as_one(tmp_path: Path) -> None:
    engine = ScriptedEngine(best_at(3))
    summary = search(tmp_path, trunk_spec(trials=3, confirm=1, prune=True), engine=engine)
    winner = summary.winner
    assert winner is not None and winner.best_epoch == 3
    assert (winner.spec.epochs, winner.spec.schedule) == (3, "trunk")
    assert winner.spec.trunk == TrunkPlan(counts=(3,))
    confirmed = [row for row in summary.rows if row.origin == "confirm"]
    assert len(confirmed) == 3
    assert all(row.spec.trunk == TrunkPlan(counts=(3,)) and row.epoch == 3 for row in confirmed)
    assert all(row.state is TrialState.FINISHED for row in confirmed)
    assert engine.epochs_trained == 3 * 3 + 3, "three branches per trial, one per confirmation"


def test_branches_that_get_worse_end_the_trunk_with_a_reason(tmp_path: Path) -> None:
    _, recipe = trunk_study(SPACE, replace(RECIPE, schedule="trunk"), epochs=12)
    spec = replace(trunk_spec(trials=1, prune=True), recipe=recipe)
    summary = search(tmp_path, spec, best_at(2))
    (row,) = summary.rows
    assert (row.state, row.epoch, row.best_epoch) == (TrialState.FINISHED, 5, 2)
    assert "its branches get worse" in row.note and "2, 3, 5 epochs" in row.note
    assert summary.winner is not None and summary.winner.best_epoch == 2
    names = {finding.name for finding in diagnose(tmp_path / "trials" / "0000").findings}
    assert not names & {"interrupted", "plan-does-not-match-log", "wasted-epochs"}
    saved = planned_epochs(recipe) - trained_epochs(recipe, 5)
    assert Ledger(StudyFolder(tmp_path).runs()).epochs_saved == round(saved) == 10
    unpruned = search(tmp_path / "all", replace(spec, options=trunk_spec().options), best_at(2))
    assert {row.epoch for row in unpruned.rows} == {12}


def test_pruning_compares_branches_of_equal_counts(tmp_path: Path) -> None:
    def curve(spec: TrialSpec) -> list[float]:
        level = 0.9 if spec.learning_rate > 2e-5 else 0.2
        return [level, level + 0.01, level + 0.02]

    summary = search(tmp_path, trunk_spec(trials=12, prune=True), curve)
    pruned = [row for row in summary.rows if row.state is TrialState.PRUNED]
    assert pruned and all(row.spec.learning_rate < 2e-5 and row.epoch < 6 for row in pruned)


def test_trunks_are_compared_with_trunks_of_the_same_counts_only() -> None:
    other = replace(TRUNK, epochs=12, trunk=TrunkPlan(counts=(2, 3, 5, 8, 12)))
    shapes = {schedule_shape(spec) for spec in (TRUNK, other, RECIPE)}
    assert len(shapes) == 3
    assert schedule_shape(replace(TRUNK, learning_rate=1e-4)) == schedule_shape(TRUNK)


@pytest.mark.parametrize("trunk_first", [True, False])
def test_a_study_goes_on_with_its_own_schedule_only(tmp_path: Path, trunk_first: bool) -> None:
    specs = [trunk_spec(trials=1), make_spec(trials=1)]
    first, second = specs if trunk_first else reversed(specs)
    search(tmp_path, first, best_at(3) if trunk_first else rising)
    with pytest.raises(StudyError) as caught:
        search(tmp_path, second)
    shown = str(caught.value)
    before, now = ("trunk", "linear") if trunk_first else ("linear", "trunk")
    assert f"recipe, schedule: {before} before, {now} now" in shown and "--new" in shown


def test_a_mixture_of_schedules_is_refused() -> None:
    mixed = SearchSpace(
        parameters={**SPACE.parameters, "schedule": Choice(values=("linear", "trunk"))},
        reasons={},
    )
    with pytest.raises(UsageError, match="of trunks or of none"):
        trunk_study(mixed, RECIPE)
    with pytest.raises(UsageError, match="`schedule` is searched"):
        trunk_study(mixed, replace(RECIPE, schedule="trunk"))
    with pytest.raises(UsageError, match="--schedule trunk"):
        trunk_study(SPACE, RECIPE, epochs=5)
    only_epochs = SearchSpace(parameters={"epochs": SPACE.parameters["epochs"]}, reasons={})
    with pytest.raises(UsageError, match="nothing is left to search"):
        trunk_study(only_epochs, replace(RECIPE, schedule="trunk"))


def test_time_is_forecast_with_the_branches(tmp_path: Path) -> None:
    # Counts 2, 3, 6: a trunk of 0.8 * 6 epochs, and branches of 0.2 * 11.
    assert planned_epochs(TRUNK) == pytest.approx(7.0)
    assert trained_epochs(TRUNK, 3) == pytest.approx(0.8 * 3 + 0.2 * 5)
    assert planned_epochs(branch_spec(TRUNK, 3)) == pytest.approx(3.0)
    search(tmp_path, trunk_spec(trials=1), best_at(3))
    (run,) = StudyFolder(tmp_path).runs()
    timed = replace(run, reports=tuple(replace(one, seconds=7.0) for one in run.reports))
    assert timed.seconds == 21 and timed.best is not None and timed.best.epoch == 3
    assert expected_seconds(timed) == pytest.approx(9.0)


def test_a_branch_alone_keeps_the_warm_up() -> None:
    spec = replace(TRUNK, warmup_ratio=0.3)
    assert math.isclose(branch_spec(spec, 6).warmup_ratio * 6, 0.3 * 2)
    assert branch_spec(RECIPE, 3) is RECIPE


class Heeding(ScriptedEngine):
    """Tells of a step, and ends a training that is asked to stop before its report."""

    def __init__(self, curves: Curves, stop: StopRequest) -> None:
        super().__init__(curves)
        self.wishes: list[tuple[str, str]] = []
        self._stop = stop
        self._key = ""
        self._steps = 3

    def start(self, job: Job) -> None:
        super().start(job)
        self._key = job.key

    def interrupt(self, key: str, reason: str) -> None:
        self.wishes.append((key, reason))

    def next_message(self, timeout: float) -> Message | None:
        if self.wishes:
            outcome = TrialOutcome(state=TrialState.INTERRUPTED, reason=self.wishes[0][1])
            return JobEnded(key=self._key, outcome=outcome)
        if self._steps and self._key == "0001":
            self._steps -= 1
            self._stop.request()
            return StepsDone(key=self._key, epochs=0.2)
        return super().next_message(timeout)


def test_a_trunk_is_asked_to_stop_before_its_next_report(tmp_path: Path) -> None:
    stop = StopRequest()
    engine = Heeding(best_at(3), stop)
    summary = search(tmp_path, trunk_spec(trials=3), engine=engine, stop=stop)
    assert engine.wishes == [("0001", "stopped by the user")], "once, though it was asked thrice"
    assert summary.status == "interrupted"
    assert [row.state for row in summary.rows] == [TrialState.FINISHED, TrialState.INTERRUPTED]


def test_other_trainings_are_not_asked(tmp_path: Path) -> None:
    stop = StopRequest()
    engine = Heeding(rising, stop)
    search(tmp_path, make_spec(trials=3), engine=engine, stop=stop)
    assert not engine.wishes
