"""Reading the logs of the Hugging Face Trainer."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.readers.trainer_state import TrainerState

DATA = Path(__file__).parents[2] / "data" / "readers" / "trainer_state"
READER = TrainerState()


def write_state(path: Path, rows: list[dict[str, Any]], **more: Any) -> Path:
    path.write_text(json.dumps({"log_history": rows, **more}), encoding="utf-8")
    return path


def test_a_run_directory_tells_hyperparameters_sizes_and_curves() -> None:
    run = READER.read(DATA / "healthy")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4, 5, 6]
    assert [point.train_loss for point in run.epochs] == [0.88, 0.42, 0.27, 0.19, 0.15, 0.13]
    assert (run.monitor, run.higher_is_better) == ("f1", True)
    assert run.config["learning_rate"] == pytest.approx(3e-5)  # led back from a linear decay
    assert run.config["architecture"] == "BertForTokenClassification"
    assert run.config["batch_size"] == 16
    assert run.dataset["train_sentences"] == 950
    assert run.dataset["dev_sentences"] == 64
    assert series.plan_share(run) == 1.0
    assert run.notes == ()


def test_synonyms_of_metrics_are_united_and_said() -> None:
    run = READER.read(DATA / "overfits" / "trainer_state.json")
    best = series.best_point(run)
    assert best is not None
    assert (best.epoch, best.value) == (3, 0.71)
    assert "eval_overall_f1 was read as f1." in run.notes


def test_nan_literals_are_evidence() -> None:
    run = READER.read(DATA / "not_a_number")
    assert run.epochs[1].train_loss is not None
    assert math.isnan(run.epochs[1].train_loss)
    assert run.epochs[0].train_loss == 1.1


def test_the_latest_checkpoint_counts_and_other_runs_are_left_out() -> None:
    run = READER.read(DATA / "checkpoints")
    assert run.source.endswith("checkpoint-360/trainer_state.json")
    assert len(run.epochs) == 6
    assert run.notes == ("checkpoint-60 belongs to another run and was left out.",)


def test_checkpoints_of_a_resumed_run_are_merged() -> None:
    run = READER.read(DATA / "resumed")
    assert [point.step for point in run.epochs] == [60, 120, 180, 240, 300, 360]
    assert run.notes == ("6 log rows come from checkpoint-180.",)


def test_a_damaged_checkpoint_does_not_hide_the_others(tmp_path: Path) -> None:
    shutil.copytree(DATA / "checkpoints", tmp_path / "run")
    (tmp_path / "run" / "checkpoint-360" / "trainer_state.json").write_text("{", encoding="utf-8")
    run = READER.read(tmp_path / "run")
    assert len(run.epochs) == 2
    assert "left out" in run.notes[0]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    run = READER.read(DATA / "truncated.json")
    assert [point.train_loss for point in run.epochs] == [0.88, 0.42, 0.27]
    assert run.notes == ("truncated.json is cut off or damaged; 5 log rows could be read.",)


def test_a_run_without_evaluation_keeps_its_training_loss() -> None:
    run = READER.read(DATA / "no_evaluation.json")
    assert [point.train_loss for point in run.epochs] == [0.9, 0.4, 0.2]
    assert run.monitor is None


def test_long_logs_without_evaluation_are_cut_into_twenty_points(tmp_path: Path) -> None:
    rows = [{"step": step, "epoch": step / 100, "loss": 1.0} for step in range(1, 1001)]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert len(run.epochs) == 20
    assert run.epochs[-1].number == 10


def test_an_empty_log_is_no_error() -> None:
    run = READER.read(DATA / "empty_log.json")
    assert run.epochs == ()
    assert run.config["steps_done"] == 17


def test_the_last_of_two_evaluations_at_one_step_is_of_other_weights(tmp_path: Path) -> None:
    rows = [
        {"step": 10, "epoch": 1.0, "eval_f1": 0.7},
        {"step": 20, "epoch": 2.0, "eval_f1": 0.6},
        {"step": 20, "epoch": 2.0, "eval_f1": 0.7},
    ]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert [point.metrics["f1"] for point in run.epochs] == [0.7, 0.6]
    assert "first was taken" in run.notes[0]


def test_the_metric_that_chose_the_best_epoch_is_the_monitor(tmp_path: Path) -> None:
    rows = [{"step": 10, "epoch": 1.0, "eval_f1": 0.7, "eval_accuracy": 0.9, "eval_loss": 0.4}]
    path = tmp_path / "trainer_state.json"
    assert READER.read(write_state(path, rows, best_metric=0.9)).monitor == "accuracy"
    assert READER.read(write_state(path, rows, best_metric=0.4)).monitor == "f1"


def test_lower_is_better_for_error_rates_and_losses(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    wer = READER.read(write_state(path, [{"step": 1, "eval_wer": 0.4, "eval_loss": 3.0}]))
    loss = READER.read(write_state(path, [{"step": 1, "eval_loss": 3.0}]))
    assert (wer.monitor, wer.higher_is_better) == ("wer", False)
    assert (loss.monitor, loss.higher_is_better) == ("loss", False)


def test_a_learning_rate_that_the_log_cannot_show_is_not_made_up(tmp_path: Path) -> None:
    rows = [{"step": 500, "epoch": 2.0, "loss": 0.5, "learning_rate": 3e-6}]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, max_steps=600))
    assert "learning_rate" not in run.config


def test_files_are_known_by_name_or_content(tmp_path: Path) -> None:
    named = write_state(tmp_path / "whatever.py", [])
    assert READER.find(named) == (named,)
    assert READER.find(DATA / "healthy") == (DATA / "healthy",)
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    assert READER.find(tmp_path / "other.json") == ()
    assert READER.find(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"[1, 2]", "holds no JSON object but a list"),
        (b"\x00\x01\x02", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    ],
    ids=["empty", "list", "binary", "deep", "pointer"],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)
