"""Reading the log of the `CSVLogger` of Keras."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from diagnostics.readers.keras_csv import KerasCsv

DATA = Path(__file__).parents[2] / "data" / "readers" / "keras_csv"
LOG = DATA / "training_log.csv"
READER = KerasCsv()


def write(folder: Path, text: str) -> Path:
    path = folder / "log.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_scores_without_a_prefix_are_those_of_the_training() -> None:
    run = READER.read(LOG)
    assert [point.number for point in run.epochs] == [1, 2, 3, 4]  # counted from 0 there
    assert [point.eval_loss for point in run.epochs] == [0.41, 0.38, 0.43, 0.5]
    assert run.epochs[0].metrics == {
        "accuracy": 0.84,
        "precision": 0.72,
        "train_accuracy": 0.81,
        "train_precision": 0.7,
    }
    assert run.monitor == "accuracy"
    assert run.config["learning_rate"] == 0.001  # before it was halved
    assert run.steps == ()


def test_nan_is_evidence() -> None:
    loss = READER.read(LOG).epochs[3].train_loss
    assert loss is not None and math.isnan(loss)


def test_without_a_validation_nothing_was_evaluated() -> None:
    run = READER.read(DATA / "without_validation.log")
    assert [point.train_loss for point in run.epochs] == [0.69, 0.6, 0.55]
    assert all(point.eval_loss is None and not point.metrics for point in run.epochs)
    assert run.monitor is None


def test_lines_are_epochs_where_no_column_counts_them(tmp_path: Path) -> None:
    rows = "val_loss,val_accuracy,loss,accuracy\n0.7,0.5,0.8,0.4\n0.6,0.6,0.7,0.5\n"
    run = READER.read(write(tmp_path, rows))
    assert [point.number for point in run.epochs] == [1, 2]
    assert [point.eval_loss for point in run.epochs] == [0.7, 0.6]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("epoch,accuracy,loss,val_accuracy,val_loss", True),
        ("val_loss,val_acc,loss,acc", True),
        ("epoch,loss,val_loss,f1", False),  # Keras would have logged val_f1 as well
        ("epoch,train_loss,val_loss", False),
        ("epoch,step,loss,val_loss", False),
        ("epoch,val_loss", False),
    ],
)
def test_only_headers_of_keras_are_its_own(tmp_path: Path, header: str, found: bool) -> None:
    cells = [f"{header}\n"]
    cells += [",".join([str(row)] * (header.count(",") + 1)) + "\n" for row in (0, 1)]
    path = write(tmp_path, "".join(cells))
    assert READER.find(path) == ((path,) if found else ())


@pytest.mark.parametrize(("first", "numbers"), [(0, [1, 2]), (1, [1, 2])])
def test_epochs_from_zero_and_from_one(tmp_path: Path, first: int, numbers: list[float]) -> None:
    rows = f"epoch,loss,val_loss\n{first},0.8,0.7\n{first + 1},0.7,0.6\n"
    run = READER.read(write(tmp_path, rows))
    assert [point.number for point in run.epochs] == numbers


def test_of_a_folder_only_logs_are_found() -> None:
    assert {path.name for path in READER.find(DATA)} == {
        "training_log.csv",
        "without_validation.log",
    }
