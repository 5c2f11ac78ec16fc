"""`tuner.search` and `tuner.train` on the schedule `trunk`, with real trainings."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tuner
from diagnostics import diagnose
from tests.tuner.trainings import RECIPE, SPACE, scored
from tuner.data import load_data
from tuner.engines.in_process import InProcessEngine, open_workbench
from tuner.errors import StudyError, UsageError
from tuner.search.record import read_run
from tuner.study_view import StudySummary
from tuner.training.device import choose_device
from tuner.training.model_source import open_model
from tuner.trial import TrialState, TrunkPlan

TRUNK = replace(RECIPE, schedule="trunk")


@pytest.fixture(scope="module")
def options(easy_data: Path, tiny_model: Path) -> dict[str, Any]:
    return {"data": easy_data, "model": tiny_model, "device": "cpu"}


@pytest.fixture(scope="module")
def found(options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> StudySummary:
    """A study of trunks."""
    return tuner.search(
        **options,
        trials=2,
        confirm=1,
        space=SPACE,
        recipe=RECIPE,
        schedule="trunk",
        study="trunks",
        runs_dir=tmp_path_factory.mktemp("runs"),
    )


def test_the_winning_branch_is_confirmed_deployed_and_described(found: StudySummary) -> None:
    assert found.status == "finished" and found.winner is not None
    winner = found.winner
    assert winner.spec.schedule == "trunk" and winner.spec.epochs == winner.best_epoch
    searched = [row for row in found.rows if row.origin != "confirm"]
    assert all(row.spec.trunk == TrunkPlan(counts=(2, 3, 4)) for row in searched)
    confirmed = [row for row in found.rows if row.origin == "confirm"]
    assert confirmed
    for row in confirmed:
        (trial,) = [one for one in searched if one.number == row.number]
        assert trial.best_epoch is not None
        assert row.spec.trunk == TrunkPlan(counts=(trial.best_epoch,)), "only that branch"
        assert row.epoch == row.spec.epochs == trial.best_epoch
    assert found.test is not None and found.test.f1 > 0.3
    assert found.best_directory is not None
    card = (found.best_directory / "README.md").read_text("utf-8")
    assert "warmup_stable_decay (linear to zero over the last 20% of the steps)" in card
    assert f"branch at {winner.best_epoch} epochs" in card
    (command,) = [one for one, what in found.next_commands if what == "train with these settings"]
    assert f"--schedule trunk --counts {winner.best_epoch}" in command


def test_the_deployed_model_scores_what_its_branch_scored(
    found: StudySummary, options: dict[str, Any]
) -> None:
    assert found.best_directory is not None and found.winner is not None
    scores = tuner_engine(options).evaluate(found.best_directory, "dev")
    assert scores.f1 == pytest.approx(max(found.winner.seed_scores))


def tuner_engine(options: dict[str, Any]) -> InProcessEngine:
    data = load_data(options["data"])
    bench = open_workbench(data, open_model(str(options["model"])), choose_device("cpu"))
    return InProcessEngine(bench, data)


def test_it_goes_on_with_trunks_only(
    found: StudySummary, options: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(found.directory, tmp_path / "trunks")
    known = {**options, "space": SPACE, "recipe": RECIPE, "study": "trunks", "runs_dir": tmp_path}
    with pytest.raises(StudyError, match="recipe, schedule: trunk before, linear now"):
        tuner.search(**known, trials=3, confirm=1)
    more = tuner.search(**known, trials=3, confirm=1, schedule="trunk")
    assert len([row for row in more.rows if row.origin != "confirm"]) == 3
    assert {row.key for row in found.rows} <= {row.key for row in more.rows}


def test_a_diagnosis_finds_no_fault_in_the_constant_rate(found: StudySummary) -> None:
    for run in sorted(found.directory.glob("trials/*")):
        rates = {"learning-rate-too-high", "learning-rate-too-low", "schedule-dead-tail"}
        names = {finding.name for finding in diagnose(run).findings}
        assert not names & {*rates, "plan-does-not-match-log", "conflicting-settings"}, names


def test_history_holds_one_line_per_branch(found: StudySummary) -> None:
    for run in found.directory.glob("trials/*"):
        lines = (run / "history.jsonl").read_text("utf-8").splitlines()
        epochs = [entry for entry in map(json.loads, lines) if entry["kind"] == "epoch"]
        assert [entry["epoch"] for entry in epochs] == [2, 3, 4]
        state = json.loads((run / "trainer_state.json").read_text("utf-8"))
        assert [e["epoch"] for e in state["log_history"] if "eval_f1" in e] == [2.0, 3.0, 4.0]
        record = read_run(run)
        assert record is not None and record.spec.trunk == TrunkPlan(counts=(2, 3, 4))


def test_a_single_training_reports_all_counts(options: dict[str, Any], tmp_path: Path) -> None:
    result = tuner.train(
        **options, recipe=RECIPE, schedule="trunk", epochs=5, runs_dir=tmp_path, name="one"
    )
    assert result.state is TrialState.FINISHED
    assert [report.epoch for report in result.reports] == [1, 2, 3, 5]
    assert result.best_directory is not None
    spec = json.loads((tmp_path / "one" / "config.json").read_text("utf-8"))
    assert (spec["schedule"], spec["trunk"]) == ("trunk", {"counts": [1, 2, 3, 5], "cooldown": 0.2})
    branch = tuner.train(
        **options, recipe=RECIPE, schedule="trunk", counts=[3], warmup_ratio=0.1 / 3,
        runs_dir=tmp_path, name="branch",
    )  # fmt: skip
    assert [(r.epoch, r.step, r.scores) for r in branch.reports] == [
        (r.epoch, r.step, r.scores) for r in result.reports if r.epoch == 3
    ], "a branch by itself"
    decayed = tuner.train(**options, recipe=RECIPE, epochs=1, runs_dir=tmp_path, name="two")
    assert scored(decayed.reports) != scored(result.reports[:1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"settings": {"lr_scheduler_kwargs": {"num_decay_steps": 3}}}, "has its own schedule"),
        ({"settings": {"lr_scheduler_type": "cosine"}}, "has an option of its own"),
        ({"also": ["schedule"]}, "`schedule` is searched"),
        ({"schedule": "linear", "epochs": 5}, "highest count of a trunk"),
        ({"schedule": "branch"}, "a schedule must be one of"),
        ({"epochs": 0}, "epochs"),
    ],
)
def test_nonsense_is_refused(
    options: dict[str, Any], tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    call = {"space": SPACE, "recipe": RECIPE, "schedule": "trunk", **options, **wrong}
    with pytest.raises(UsageError, match=message):
        tuner.search(**call, runs_dir=tmp_path, trials=1)


def test_counts_that_cannot_be_right_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    for trunk in (
        TrunkPlan(counts=(2, 1)),
        TrunkPlan(counts=(1, 2)),
        TrunkPlan(counts=()),
        TrunkPlan(counts=(3,), cooldown=0.0),
        TrunkPlan(counts=(3,), cooldown=math.nan),
    ):
        with pytest.raises(UsageError, match="must"):
            tuner.train(**options, recipe=replace(TRUNK, trunk=trunk), runs_dir=tmp_path)
    with pytest.raises(UsageError, match="`--counts` are those of a trunk"):
        tuner.train(
            **options, recipe=replace(RECIPE, trunk=TrunkPlan(counts=(3,))), runs_dir=tmp_path
        )
