"""Reading the `metrics.csv` of Lightning."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.lightning_metrics import LightningMetrics

DATA = Path(__file__).parents[2] / "data" / "readers" / "lightning_metrics"
LOG = DATA / "version_3" / "metrics.csv"
READER = LightningMetrics()


def test_rows_of_training_and_validation_are_brought_together() -> None:
    run = READER.read(LOG)
    assert [point.number for point in run.epochs] == [1, 2, 2.5]
    assert [point.step for point in run.epochs] == [20, 40, 50]
    assert [point.train_loss for point in run.epochs] == [0.73, 0.34, 0.22]
    assert [point.eval_loss for point in run.epochs] == [0.52, 0.36, None]
    assert [point.metrics for point in run.epochs] == [{"f1": 0.42}, {"f1": 0.61}, {}]
    assert (run.monitor, run.higher_is_better) == ("f1", True)


def test_the_step_log_is_kept_and_its_rows_lie_inside_the_epochs() -> None:
    steps = READER.read(LOG).steps
    losses = [(row.step, row.epoch, row.loss) for row in steps if row.loss is not None]
    assert losses == [
        (10, 0.5, 0.91),
        (20, 1.0, 0.55),
        (30, 1.5, 0.38),
        (40, 2.0, 0.3),
        (50, 2.5, 0.22),
    ]
    assert [row.learning_rate for row in steps if row.loss is None] == [3e-5, 1.5e-5]


def test_hyperparameters_come_from_the_file_beside_it() -> None:
    config = READER.read(LOG).config
    assert config["learning_rate"] == 3e-5
    assert config["batch_size"] == 16
    assert config["epochs"] == 4
    assert config["weight_decay"] == 0.01
    assert config["warmup_steps"] == 10
    assert config["model"] == "bert-base-cased"


def test_what_was_mapped_and_left_out_is_said() -> None:
    notes = " ".join(READER.read(LOG).notes)
    assert "train_loss_epoch as the training loss of an epoch" in notes
    assert "Left out val_loss_step." in notes  # of single batches
    assert "counted from 0" in notes


def test_finds_the_file_its_folder_and_the_latest_version(tmp_path: Path) -> None:
    for number in (0, 2, 10):
        shutil.copytree(DATA / "version_3", tmp_path / f"version_{number}")
    assert READER.find(LOG) == (LOG,)
    assert READER.find(LOG.parent) == (LOG,)
    assert [path.parent.name for path in READER.find(tmp_path)] == [
        "version_10",
        "version_2",
        "version_0",
    ]
    assert READER.find(tmp_path / "nothing") == ()


def write(folder: Path, text: str) -> Path:
    path = folder / "metrics.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_several_validations_in_an_epoch_are_spread_over_it(tmp_path: Path) -> None:
    rows = [f"{step // 40},{step},,{1 / (step + 1):.3f}" for step in range(9, 120, 10)]
    path = write(tmp_path, "epoch,step,train_loss,val_loss\n" + "\n".join(rows) + "\n")
    assert [point.number for point in READER.read(path).epochs][:5] == [0.25, 0.5, 0.75, 1, 1.25]


def test_a_loss_of_whole_epochs_belongs_to_the_validation_before_it(tmp_path: Path) -> None:
    rows = "0,9,,0.8\n0,9,0.9,\n1,19,,0.6\n1,19,0.5,\n"
    run = READER.read(write(tmp_path, "epoch,step,train_loss,val_loss\n" + rows))
    assert [(point.train_loss, point.eval_loss) for point in run.epochs] == [(0.9, 0.8), (0.5, 0.6)]


def test_counts_are_told_from_shares(tmp_path: Path) -> None:
    header = "epoch,step,train_acc,train_loss_epoch,val_acc,val_loss_epoch\n"
    rows = "0,9,,,96.2,0.8\n0,9,125.6,0.9,,\n1,19,,,97.1,0.8\n1,19,126.0,0.7,,\n"
    run = READER.read(write(tmp_path, header + rows))
    assert [point.metrics["accuracy"] for point in run.epochs] == [96.2, 97.1]
    assert any("126" in note and "count" in note for note in run.notes)


def test_one_part_of_the_loss_stands_for_it_where_there_is_no_whole(tmp_path: Path) -> None:
    header = "epoch,step,train_regression_loss,train_classification_loss,val_regression_loss\n"
    run = READER.read(write(tmp_path, header + "0,9,700.5,5.3,\n0,19,,,600\n"))
    assert run.epochs[0].train_loss == 5.3
    assert any("train_classification_loss as the training loss" in note for note in run.notes)


def test_a_run_that_was_interrupted_before_its_first_validation(tmp_path: Path) -> None:
    run = READER.read(write(tmp_path, "epoch,step,train_loss_step\n0,49,0.7\n0,99,nan\n"))
    assert run.monitor is None
    assert [point.step for point in run.epochs] == [50, 100]
    assert run.epochs[1].train_loss is not None and math.isnan(run.epochs[1].train_loss)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"epoch,step,train_loss\n", "no rows"),
        (b"\x01\x02\x00\x03\xff" * 100, "no table of text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (b"epoch,step,val_loss_step\n,0,1.5\n", "none with a loss"),
    ],
    ids=["empty", "header-only", "binary", "pointer", "batches-only"],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(content)
    assert READER.find(path) == (path,)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)
