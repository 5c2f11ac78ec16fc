"""The load test puts the stamps of several processes together, and runs through in tiny form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import database_load

pytestmark = pytest.mark.long


def test_stamps_of_all_processes_become_one_load() -> None:
    """Wall time runs from the first start to the last end; processor times add up."""
    first = [(10.0, 1.0, 50.0), *((10.0 + n, 1.0 + 0.1 * n, 50.0 + n) for n in range(1, 6))]
    second = [(11.0, 2.0, 80.0), *((11.5 + n, 2.0 + 0.3 * n, 80.0) for n in range(1, 6))]
    load = database_load._load("shared", 2, [first, second], server=1.0)
    assert (load.trials, load.workers, load.seconds) == (10, 2, 6.5)
    assert load.processor == pytest.approx(5 * 0.1 + 5 * 0.3 + 1.0)
    assert sum(load.parts) / len(load.parts) == pytest.approx(1000 * 0.2)
    assert load.memory == (65.5, 66.0, 66.5, 67.0, 67.5)
    assert load.growth == pytest.approx(1000 * (4.0 + 0.0) / 2 / 8)


def test_runs_through_in_its_tiny_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    arms = ["sqlite", "optuna-sqlite", "loop"]
    database_load.main(["--tiny", "--arm", *arms, "--output", str(output)])
    loads = json.loads(output.read_text(encoding="utf-8"))["loads"]
    assert [(load["arm"], load["trials"]) for load in loads] == [(arm, 20) for arm in arms]
    told = capsys.readouterr().out
    assert "RATIO sqlite over optuna-sqlite: processor time" in told
    assert "RATIO loop over optuna-sqlite: processor time" in told
