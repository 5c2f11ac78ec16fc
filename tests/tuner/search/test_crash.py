"""Killed at twenty random moments, a study has exactly the asked number of trials in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from tests.tuner.search import killed_study
from tests.tuner.search.studies import Watcher
from tuner.search.loop import run_search
from tuner.search.study_record import load_study
from tuner.study_view import TrialRow

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="sessions are forks")
def test_killed_twenty_times(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    script = REPOSITORY / "tests" / "tuner" / "search" / "killed_study.py"
    done = subprocess.run(
        [sys.executable, str(script), str(directory), "1"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == 20
    assert report["status"] == "finished"
    trials = report["trials"]

    stored = optuna.load_study(study_name="demo", storage=f"sqlite:///{directory / 'study.db'}")
    assert [trial.number for trial in stored.trials] == list(range(trials))
    assert all(trial.state.is_finished() for trial in stored.trials)
    assert all(trial.user_attrs["tuner:ended"]["state"] != "running" for trial in stored.trials)

    folders = sorted(path.name for path in (directory / "trials").iterdir())
    assert folders == [f"{number:04d}" for number in range(trials)]
    record = load_study(directory)
    assert all(run.ended for run in record.runs if run.role == "search")
    for run in record.runs:
        lines = (run.directory / "history.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        epochs = [entry["epoch"] for entry in entries if entry["kind"] == "epoch"]
        assert epochs == list(range(1, run.epoch + 1)), f"{run.key} has epochs {epochs}"
    assert [path for path in directory.rglob("*") if path.name in ("best", "checkpoint")] == [
        directory / "best"
    ]

    whole = run_search(
        killed_study.study(trials), killed_study.engine(0.0), Watcher(), tmp_path / "whole"
    )
    assert record.summary is not None
    assert [_result(row) for row in record.summary.rows if row.origin != "confirm"] == [
        _result(row) for row in whole.rows if row.origin != "confirm"
    ]
    assert record.summary.winner is not None
    assert whole.winner is not None
    assert record.summary.winner.number == whole.winner.number
    assert record.summary.winner.seed_scores == whole.winner.seed_scores


def _result(row: TrialRow) -> tuple[object, ...]:
    return row.key, row.spec, row.state, row.epoch, row.score, row.best_epoch
