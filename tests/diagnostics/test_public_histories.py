"""Real logs from public repositories, with a reader's judgement of each; skipped where absent."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from diagnostics.checkup import diagnose

FOLDER = Path(__file__).parents[3] / "shared" / "histories"
LABELS = FOLDER / "labels.tsv"
pytestmark = pytest.mark.skipif(not LABELS.is_file(), reason="the public histories are not here")


def labelled() -> list[tuple[Path, set[str]]]:
    if not LABELS.is_file():
        return []
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        (FOLDER / row["file"], set(row["labels"].split(",")))
        for row in rows
        if row["file"].startswith("trainer_state/")
    ]


@pytest.mark.parametrize("path", [path for path, _ in labelled()], ids=lambda path: str(path.name))
def test_every_state_is_read_and_judged(path: Path) -> None:
    assert diagnose(path).crashed == ()


def test_healthy_runs_raise_no_false_alarm() -> None:
    alarms = []
    for path, labels in labelled():
        if "fine" not in labels:
            continue
        allowed = {"no-evaluation"} if "no_eval" in labels else set()
        found = {found.name for found in diagnose(path).findings if found.severity.rank < 2}
        alarms += [path.name] if found - allowed else []
    assert alarms == []


def test_runs_without_evaluation_are_told_so() -> None:
    for path, labels in labelled():
        names = {found.name for found in diagnose(path).findings}
        assert ("no-evaluation" in names) == ("no_eval" in labels), path.name


def test_the_diverged_and_the_stuck_run_are_found() -> None:
    names = {path.name: {f.name for f in diagnose(path).findings} for path, _ in labelled()}
    diverged = names["siasio__StressDetection__results__trainer_state_first.json"]
    assert "learning-rate-too-high" in diverged
    stuck = names["yuanhuanghuang__quality__baselines__lrqa____init__.py"]
    assert "not-learning" in stuck
