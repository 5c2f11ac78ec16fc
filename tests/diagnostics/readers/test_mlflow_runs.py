"""Reading the run folders of MLflow."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.mlflow_runs import MlflowRuns

DATA = Path(__file__).parents[2] / "data" / "readers" / "mlflow_runs"
STEPS = DATA / "mlruns" / "1" / "0a1b2c"
EPOCHS = DATA / "mlruns" / "1" / "ffee11"
READER = MlflowRuns()


def test_metrics_are_brought_together_by_their_steps() -> None:
    run = READER.read(STEPS)
    assert [(point.number, point.step) for point in run.epochs] == [(1, 20), (2, 40)]
    assert [point.metrics for point in run.epochs] == [{"f1": 0.5}, {"f1": 0.61}]
    assert run.epochs[0].train_loss == pytest.approx(0.9)
    assert run.steps[2].loss is not None and math.isnan(run.steps[2].loss)
    assert run.epochs[1].seconds == pytest.approx(24)


def test_parameters_and_the_end_of_the_run_are_read() -> None:
    run = READER.read(STEPS)
    assert run.config == {"learning_rate": 2e-5, "batch_size": 16, "fp16": False}
    assert [event.kind for event in run.events] == ["interrupted"]
    assert any("1 lines of metrics were torn" in note for note in run.notes)


def test_steps_are_epochs_where_every_metric_has_one_value_for_each() -> None:
    run = READER.read(EPOCHS)
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.train_loss for point in run.epochs] == [0.9, 0.6, 0.5]
    assert [point.step for point in run.epochs] == [None, None, None]
    assert run.events == ()


def test_finds_runs_experiments_and_all_of_them(tmp_path: Path) -> None:
    assert READER.find(STEPS) == (STEPS,)
    assert READER.find(STEPS / "metrics") == ()
    copied = tmp_path / "mlruns"
    shutil.copytree(DATA / "mlruns", copied)
    os.utime(copied / "1" / "0a1b2c" / "metrics", (1, 1))
    for place in (tmp_path, copied, copied / "1"):
        assert [run.name for run in READER.find(place)] == ["ffee11", "0a1b2c"]


def test_names_with_slashes_lie_in_folders(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "metrics" / "eval").mkdir(parents=True)
    (run / "meta.yaml").write_text("status: 3\n", encoding="utf-8")
    (run / "metrics" / "eval" / "f1").write_text("1 0.5 10\n2 0.6 20\n", encoding="utf-8")
    (run / "metrics" / "system").mkdir()
    (run / "metrics" / "system" / "cpu").write_text("1 99 0\n", encoding="utf-8")
    assert [point.metrics["f1"] for point in READER.read(run).epochs] == [0.5, 0.6]


def test_a_run_without_losses_and_scores_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "params").mkdir()
    (tmp_path / "metrics" / "cpu").write_text("1 99 0\n", encoding="utf-8")
    assert READER.find(tmp_path) == (tmp_path,)
    with pytest.raises(DiagnosticsError, match="no metric that is a loss or a score"):
        READER.read(tmp_path)
