"""Faults of `Trainer.hyperparameter_search` with Optuna, each with a test that ours has none of it.

Those that need real trainings (the seed that is one trial late, the out-of-memory retry that goes
on from half-trained weights, models that stay alive) are tested where trainings are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from diagnostics.subjects.run_history import RunEvent
from tests.tuner.search.studies import RECIPE, SPACE, make_spec, rising, search
from tuner.engine import Job
from tuner.engines.scripted import Curves, ScriptedEngine, Step, scripted_report
from tuner.space import SearchSpace, UniformRange
from tuner.trial import TrialOutcome, TrialSpec, TrialState


def stored_trials(directory: Path) -> list[optuna.trial.FrozenTrial]:
    study = optuna.load_study(study_name="demo", storage=f"sqlite:///{directory / 'study.db'}")
    return study.get_trials()


class Listening(ScriptedEngine):
    """Remembers the jobs that it was given."""

    def __init__(self, curves: Curves) -> None:
        super().__init__(curves)
        self.jobs: list[Job] = []

    def start(self, job: Job) -> None:
        self.jobs.append(job)
        super().start(job)


def test_a_trial_is_judged_by_its_best_epoch_not_by_its_last(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=1), lambda spec: [0.2, 0.9, 0.5, 0.3])
    assert stored_trials(tmp_path)[0].value == 0.9
    assert (summary.rows[0].score, summary.rows[0].best_epoch) == (0.9, 2)
    assert ScriptedEngine(rising).evaluate(tmp_path / "best", "dev").f1 == 0.9


def test_the_objective_is_f1_to_be_maximised_not_a_sum_of_metrics(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=2))
    study = optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert study.direction is optuna.study.StudyDirection.MAXIMIZE
    assert all(trial.value is not None and 0 <= trial.value <= 1 for trial in study.trials)


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.INFEASIBLE])
def test_one_bad_trial_does_not_end_the_study(tmp_path: Path, state: TrialState) -> None:
    def curve(spec: TrialSpec) -> list[Step]:
        if spec == RECIPE:
            return [TrialOutcome(state=state, reason="CUDA out of memory")]
        return list(rising(spec))

    summary = search(tmp_path, make_spec(trials=4), curve)
    assert [row.state for row in summary.rows] == [state, *[TrialState.FINISHED] * 3]
    assert summary.status == "finished"
    assert summary.gain is None, "there is no recipe to compare with"


def test_a_study_whose_trials_were_all_stopped_does_not_crash(tmp_path: Path) -> None:
    """Asked for its best trial when all were pruned, Optuna raises."""
    pruned = TrialOutcome(state=TrialState.PRUNED, reason="too low")
    summary = search(tmp_path, make_spec(trials=3), lambda spec: [0.1, pruned])
    assert {row.state for row in summary.rows} == {TrialState.PRUNED}
    assert summary.status == "no-result"
    assert summary.winner is None
    assert summary.warnings


def test_nothing_leaks_from_one_trial_into_the_next(tmp_path: Path) -> None:
    """What the recipe fixes stays fixed in every job, whatever trials before it had."""
    space = SearchSpace(
        parameters={**SPACE.parameters, "weight_decay": UniformRange(low=0.0, high=0.3)},
        reasons={},
    )
    engine = Listening(rising)
    search(tmp_path / "searched", make_spec(trials=4, space=space), engine=engine)
    assert len({job.spec.weight_decay for job in engine.jobs}) == 4
    engine = Listening(rising)
    search(tmp_path / "fixed", make_spec(trials=4), engine=engine)
    assert {job.spec.weight_decay for job in engine.jobs} == {RECIPE.weight_decay}
    assert {job.spec.seed for job in engine.jobs} == {RECIPE.seed}


def test_the_seed_of_a_job_is_the_seed_that_is_recorded(tmp_path: Path) -> None:
    engine = Listening(rising)
    summary = search(tmp_path, make_spec(trials=3, confirm=2, contenders=2), engine=engine)
    recorded = {row.key: row.spec for row in summary.rows}
    assert {job.key: job.spec for job in engine.jobs} == recorded
    assert {job.spec.seed for job in engine.jobs} == {42, 43, 44}


def test_the_recorded_batch_size_is_the_one_that_was_trained_with(tmp_path: Path) -> None:
    """Out of memory splits steps into micro-batches; the effective batch size stays."""
    split = RunEvent(kind="out-of-memory", message="16 ran as 4 x 4", details={"micro_batch": 4})

    def curve(spec: TrialSpec) -> list[Step]:
        first = replace(scripted_report(spec, 1, 0.5), events=(split,))
        return [first, *rising(spec)[1:]]

    engine = Listening(curve)
    summary = search(tmp_path, make_spec(trials=4), engine=engine)
    for job, row, trial in zip(engine.jobs, summary.rows, stored_trials(tmp_path), strict=True):
        assert job.spec.batch_size == row.spec.batch_size == 2 ** trial.params["log2_batch_size"]
        assert "4 x 4" in row.note


def test_trials_are_compared_at_the_same_share_of_their_plans_not_at_the_same_step(
    tmp_path: Path,
) -> None:
    """A big batch has few steps per epoch; compared by step it would always look early."""
    space = SearchSpace(
        parameters={"batch_size": SPACE.parameters["batch_size"]},
        reasons={},
    )
    points = tuple(replace(RECIPE, batch_size=size, epochs=4) for size in (4, 8, 32))
    spec = make_spec(trials=4, prune=True, space=space, start_points=points)

    def curve(spec: TrialSpec) -> list[float]:
        level = 0.3 if spec.batch_size == 32 else 0.8
        return [level, level + 0.01, level + 0.02, level + 0.03]

    summary = search(tmp_path, spec, curve)
    assert summary.rows[3].spec.batch_size == 32
    assert summary.rows[3].state is TrialState.PRUNED
    assert summary.rows[3].epoch == 2


def test_pruned_trials_do_not_blind_the_sampler(tmp_path: Path) -> None:
    """Told as `PRUNED`, a Gaussian process would not see them; ours all count."""
    from tuner.search.optuna_shown import Shown

    pruned = TrialOutcome(state=TrialState.PRUNED, reason="too low")

    def curve(spec: TrialSpec) -> list[Step]:
        return list(rising(spec)) if spec == RECIPE else [0.1, pruned]

    search(tmp_path, make_spec(trials=6), curve)
    shown = Shown().of(stored_trials(tmp_path))
    assert [trial.state.name for trial in shown] == ["COMPLETE"] * 6
    assert [trial.value for trial in shown[1:]] == [0.1] * 5


def test_killed_trials_do_not_stay_running_for_ever(tmp_path: Path) -> None:
    """A zombie trial repels the sampler until somebody fails it; ours is taken up again."""

    class Killed(BaseException):
        pass

    class Dying(ScriptedEngine):
        def next_message(self, timeout: float) -> None:
            raise Killed

    with pytest.raises(Killed):
        search(tmp_path, make_spec(trials=2), engine=Dying(rising))
    assert stored_trials(tmp_path)[0].state.name == "RUNNING"
    summary = search(tmp_path, make_spec(trials=2))
    assert [trial.state.name for trial in stored_trials(tmp_path)] == ["COMPLETE"] * 2
    assert summary.rows[0].spec == RECIPE


def test_non_finite_scores_are_no_best(tmp_path: Path) -> None:
    def curve(spec: TrialSpec) -> list[Step]:
        broken = scripted_report(spec, 2, math.nan, loss=1.0)
        steps: list[Step] = [0.6, broken, *[0.5] * 4]
        return steps[: spec.epochs]

    summary = search(tmp_path, make_spec(trials=2), curve)
    assert {row.score for row in summary.rows} == {0.6}
    assert {row.best_epoch for row in summary.rows} == {1}
