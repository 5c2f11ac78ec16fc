"""kill -9 at random moments of a search with real trainings: nothing is lost, nothing is doubled.

`benchmarks/crash_search.py` does the same with more kills and prints a table.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.processes import RunningCommand, run_command
from tests.tuner.trainings import trial_results, write_study_file

KILLS = 6
TRIALS = 4


def test_killed_and_resumed_until_it_is_done(
    searched: Searched, easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    command: list[str | Path] = [
        "search", easy_data, "--model", tiny_model, "--space", write_study_file(tmp_path),
        "--study", "easy", "--trials", str(TRIALS), "--confirm", "0",
        "--runs-dir", tmp_path / "runs", "--checkpoint-every", "0", "--device", "cpu",
    ]  # fmt: skip
    study = tmp_path / "runs" / "easy"
    dice = random.Random(0)
    finished_before: dict[str, bytes] = {}
    for _ in range(KILLS):
        running = RunningCommand(command, tmp_path)
        if dice.random() < 0.8:  # the other times it is killed while it still gets ready
            running.wait_until_printed(r"starts|goes on")
        time.sleep(dice.uniform(0.0, 0.8))
        running.kill()
        assert running.finish().code in (-9, 0)
        finished_now = results(study)
        assert finished_before.items() <= finished_now.items(), "a finished trial is untouchable"
        finished_before = finished_now

    done = run_command(command, tmp_path)
    assert (done.code, done.errors) == (0, "")
    summary = tuner.load_study("easy", runs=tmp_path / "runs").summary
    assert summary is not None and summary.status == "finished"
    assert trial_results(summary) == trial_results(searched.summary), "as if never killed"
    assert finished_before.items() <= results(study).items()
    assert summary.best_directory is not None
    assert (summary.best_directory / "model.safetensors").is_file()
    for key in (f"{number:04d}" for number in range(TRIALS)):
        history = (study / "trials" / key / "history.jsonl").read_text().splitlines()
        epochs = [e["epoch"] for e in map(json.loads, history) if e["kind"] == "epoch"]
        assert epochs == list(range(1, len(epochs) + 1)), "every epoch stands there once"


def results(study: Path) -> dict[str, bytes]:
    """Return what is written about each trial that has ended."""
    return {
        path.parent.name: path.read_bytes()
        for path in (study / "trials").glob("*/result.json")
        if json.loads(path.read_text())["state"] != "interrupted"
    }
