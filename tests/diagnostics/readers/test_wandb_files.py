"""Reading the local files of Weights & Biases."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.wandb_files import WandbFiles

DATA = Path(__file__).parents[2] / "data" / "readers" / "wandb_files"
RUN = DATA / "wandb" / "run-20240501_101500-ab12cd34"
HISTORY = RUN / "files" / "wandb-history.jsonl"
READER = WandbFiles()


def test_the_history_is_read_by_optimizer_steps_not_by_calls_of_the_log() -> None:
    run = READER.read(HISTORY)
    assert [point.number for point in run.epochs] == [1, 2]
    assert [point.step for point in run.epochs] == [20, 40]
    assert run.epochs[0].metrics == {"f1": 0.5, "precision": 0.6, "recall": 0.43}
    assert run.epochs[0].train_loss == pytest.approx(0.9)
    assert run.epochs[1].train_loss is not None and math.isnan(run.epochs[1].train_loss)
    assert [row.step for row in run.steps] == [10, 20, 30, 40]
    assert run.epochs[1].seconds == pytest.approx(23)


def test_settings_and_environment_come_from_the_files_beside_it() -> None:
    run = READER.read(HISTORY)
    assert run.config["learning_rate"] == 2e-5
    assert run.config["batch_size"] == 16
    assert run.config["fp16"] is True
    assert run.config["model"] == "bert-base-cased"
    assert "max_length" not in run.config  # 20 is that of generated text
    assert run.environment == {"python": "3.11.4", "device": "NVIDIA T4"}


def test_a_summary_alone_tells_the_last_values() -> None:
    run = READER.read(DATA / "summary_only" / "wandb-summary.json")
    (point,) = run.epochs
    assert (point.number, point.step, point.eval_loss) == (2, 40, 0.55)
    assert point.metrics == {"f1": 0.61}
    assert "the last values only" in run.notes[0]


def test_finds_files_runs_and_folders_of_runs(tmp_path: Path) -> None:
    for place in (HISTORY, HISTORY.parent, RUN, RUN.parent, DATA):
        assert READER.find(place) == (HISTORY,)
    shutil.copytree(RUN, tmp_path / "wandb" / "run-20240502_080000-zz")
    shutil.copytree(RUN, tmp_path / "wandb" / "offline-run-20240503_080000-yy")
    assert [path.parent.parent.name[-2:] for path in READER.find(tmp_path)] == ["yy", "zz"]
    assert READER.find(tmp_path / "wandb" / "latest-run") == ()


def test_torn_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "wandb-history.jsonl"
    path.write_bytes(HISTORY.read_bytes()[:700])
    assert any("1 line was torn" in note for note in READER.read(path).notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}", "no loss and no score"), ("", "is empty"), ("[1]", "no JSON object")],
)
def test_a_summary_without_scores_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wandb-summary.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)
