"""The commands as a person runs them: what they print, their exit codes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.processes import RunningCommand, run_command
from tests.tuner.trainings import trial_results, write_study_file

pytestmark = pytest.mark.long

GUIDE_COLUMNS = (
    "Epoch", "Step", "Training Loss", "Validation Loss", "Precision", "Recall", "F1", "Accuracy",
)  # fmt: skip


def heading_and_rows(output: str) -> tuple[list[str], list[list[str]]]:
    """Return the columns of the table of epochs and its cells."""
    lines = output.splitlines()
    heading = next((line for line in lines if "Validation Loss" in line), "")
    columns = [cell for cell in re.split(r"\s{2,}", heading.strip()) if cell]
    return columns, [line.split() for line in lines if re.match(r"^ *\d+ +\d+ +\d+\.\d", line)]


def test_the_guides_recipe_prints_the_guides_table(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The whole of the command in a fresh interpreter, as the guide's reader runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "tuner", "train", easy_data, "--recipe", "bert-base-cased",
         "--model", tiny_model, "--device", "cpu"],
        cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1", "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    heading, rows = heading_and_rows(done.stdout)
    assert tuple(heading) == GUIDE_COLUMNS
    assert [int(row[0]) for row in rows] == list(range(1, 21))
    assert [int(row[1]) for row in rows] == [3 * epoch for epoch in range(1, 21)]
    for row in rows:
        numbers = [float(cell) for cell in row[2:8]]
        assert all(0 <= number < 10 for number in numbers)
    assert done.stderr == "", "no warnings, no progress bars of other libraries"
    assert "1.5e-05" in done.stdout or "1.5e-5" in done.stdout
    assert "tuner diagnose runs/" in done.stdout
    (run,) = (tmp_path / "runs").iterdir()
    assert (run / "best" / "README.md").is_file()


def test_json_is_one_document(easy_data: Path, tiny_model: Path, tmp_path: Path) -> None:
    done = run_command(
        ["train", easy_data, "--model", tiny_model, "--learning-rate", "1e-2", "--batch-size", "8",
         "--epochs", "2", "--name", "mine", "--runs-dir", tmp_path / "runs", "--json"],
        tmp_path,
    )  # fmt: skip
    assert (done.code, done.errors) == (0, "")
    document = json.loads(done.output)
    assert document["kind"] == "training" and document["state"] == "finished"
    assert [epoch["epoch"] for epoch in document["epochs"]] == [1, 2]
    assert document["directory"] == str(tmp_path / "runs" / "mine")


@pytest.fixture
def search_command(easy_data: Path, tiny_model: Path, tmp_path: Path) -> list[str | Path]:
    """The search of the finished study, two trials of it."""
    return [
        "search", easy_data, "--model", tiny_model, "--space", write_study_file(tmp_path),
        "--study", "easy", "--trials", "2", "--confirm", "0", "--runs-dir", tmp_path / "runs",
        "--checkpoint-every", "0", "--device", "cpu",
    ]  # fmt: skip


def test_ctrl_c_finishes_the_epoch_and_the_same_command_goes_on(
    searched: Searched, search_command: list[str | Path], tmp_path: Path
) -> None:
    running = RunningCommand(search_command, tmp_path)
    running.wait_until_printed("0000 epoch 1/3")
    running.interrupt()
    stopped = running.finish()
    assert stopped.code == 130
    assert stopped.errors == ""
    assert "the same command goes on" in " ".join(stopped.output.split())
    record = tuner.load_study("easy", runs=tmp_path / "runs")
    assert record.summary is not None and record.summary.status == "interrupted"
    assert len([run for run in record.runs if run.state.value == "finished"]) < 2
    assert "interrupted" in {run.state.value for run in record.runs} or len(record.runs) == 1

    finished = run_command(search_command, tmp_path)
    assert (finished.code, finished.errors) == (0, "")
    summary = tuner.load_study("easy", runs=tmp_path / "runs").summary
    assert summary is not None
    assert trial_results(summary) == trial_results(searched.summary)[:2]
    assert_no_epoch_twice(tmp_path / "runs" / "easy")

    again = run_command([*search_command, "--json"], tmp_path)
    assert again.code == 0
    assert json.loads(again.output)["status"] == "finished"


def test_a_second_ctrl_c_stops_at_once_and_nothing_finished_is_lost(
    searched: Searched, search_command: list[str | Path], tmp_path: Path
) -> None:
    running = RunningCommand(search_command, tmp_path)
    running.wait_until_printed("0000 epoch 1/3")
    running.interrupt()
    running.interrupt()
    stopped = running.finish()
    assert stopped.code == 130
    assert "Traceback" not in stopped.errors
    finished = run_command(search_command, tmp_path)
    assert (finished.code, finished.errors) == (0, "")
    summary = tuner.load_study("easy", runs=tmp_path / "runs").summary
    assert summary is not None
    assert trial_results(summary) == trial_results(searched.summary)[:2]
    assert_no_epoch_twice(tmp_path / "runs" / "easy")


def test_ctrl_c_of_a_single_training(easy_data: Path, tiny_model: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [
        "train", easy_data, "--model", tiny_model, "--learning-rate", "1e-2", "--batch-size", "8",
        "--epochs", "8", "--name", "mine", "--runs-dir", tmp_path / "runs",
    ]  # fmt: skip
    running = RunningCommand(command, tmp_path)
    running.wait_until_printed(r"^ +1 +6 ")
    running.interrupt()
    stopped = running.finish()
    assert stopped.code == 130
    _, first = heading_and_rows(stopped.output)
    assert 1 <= len(first) < 8
    finished = run_command(command, tmp_path)
    assert finished.code == 0
    _, second = heading_and_rows(finished.output)
    assert [row[0] for row in second] == [str(epoch) for epoch in range(1, 9)]
    assert [row[:8] for row in second[: len(first)]] == [row[:8] for row in first]
    assert_no_epoch_twice(tmp_path / "runs" / "mine")


def assert_no_epoch_twice(study: Path) -> None:
    histories = list(study.rglob("history.jsonl"))
    assert histories
    for history in histories:
        entries = [json.loads(line) for line in history.read_text().splitlines()]
        epochs = [entry["epoch"] for entry in entries if entry["kind"] == "epoch"]
        assert epochs == list(range(1, len(epochs) + 1))
