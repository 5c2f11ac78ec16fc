"""Reading histories in JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.keras_history import LARGEST, KerasHistory

DATA = Path(__file__).parents[2] / "data" / "readers" / "keras_history"
READER = KerasHistory()


def write(folder: Path, content: Any) -> Path:
    path = folder / "history.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_names_with_lists_of_values() -> None:
    run = READER.read(DATA / "history.json")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4]
    assert [point.train_loss for point in run.epochs] == [0.52, 0.44, 0.39, 0.35]
    assert run.epochs[1].metrics == {"accuracy": 0.8, "train_accuracy": 0.79}
    assert run.epochs[2].eval_loss is not None and math.isnan(run.epochs[2].eval_loss)
    assert run.config["learning_rate"] == 0.001


def test_a_python_dictionary_saved_as_text_is_read_without_evaluating_it() -> None:
    run = READER.read(DATA / "printed_dictionary.json")
    assert [point.train_loss for point in run.epochs] == [0.6, 0.52, 0.47]
    assert run.epochs[2].eval_loss is not None and math.isnan(run.epochs[2].eval_loss)
    assert run.epochs[0].metrics["accuracy"] == 0.71


def test_log_rows_of_a_trainer_that_were_saved_alone() -> None:
    run = READER.read(DATA / "log_rows.json")
    assert [point.metrics["f1"] for point in run.epochs] == [0.5, 0.64]
    assert [point.train_loss for point in run.epochs] == [0.75, 0.35]
    assert [row.loss for row in run.steps] == [0.9, 0.6, 0.4, 0.3]
    assert run.config["learning_rate"] == 2e-5  # led back from a straight decay
    notes = " ".join(run.notes)
    assert "first was taken" in notes  # the last evaluation is of the best weights
    assert "eval_overall_f1 as f1" in notes


def test_series_by_index_and_percentages() -> None:
    run = READER.read(DATA / "by_index.json")
    assert [point.metrics["f1"] for point in run.epochs] == [0.315, 0.502, 0.5875]
    assert any("percentage" in note for note in run.notes)


@pytest.mark.parametrize("name", ["history", "log_history", "epochs"])
def test_a_history_inside_another_object(tmp_path: Path, name: str) -> None:
    rows = [{"epoch": 1, "loss": 0.5, "val_loss": 0.6}, {"epoch": 2, "loss": 0.4, "val_loss": 0.5}]
    run = READER.read(write(tmp_path, {"model": "m", name: rows}))
    assert [point.eval_loss for point in run.epochs] == [0.6, 0.5]


def test_series_of_different_lengths_are_said(tmp_path: Path) -> None:
    run = READER.read(write(tmp_path, {"loss": [0.5, 0.4, 0.3], "val_loss": [0.6, 0.5]}))
    assert [point.eval_loss for point in run.epochs] == [0.6, 0.5, None]
    assert any("different lengths" in note for note in run.notes)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text('{"loss": [0.5, 0.4, 0.3], "val_loss": [0.6, 0.5, 0.4', encoding="utf-8")
    run = READER.read(path)
    assert [point.eval_loss for point in run.epochs] == [0.6, 0.5, None]  # 0.4 may be 0.45
    assert any("cut off" in note for note in run.notes)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"loss": [0.5, 0.4]}, True),
        ({"history": {"loss": [0.5]}, "params": {}}, True),
        ([{"epoch": 1, "loss": 0.5}], True),
        ([{"text": "a loss: 5", "label": 1}], False),
        ({"log_history": [{"loss": 0.5, "step": 1}], "epoch": 1}, False),
        ({"loss": 0.5, "f1": 0.6}, False),
        ({"architectures": ["BertForTokenClassification"]}, False),
    ],
)
def test_only_histories_are_found(tmp_path: Path, content: Any, found: bool) -> None:
    path = write(tmp_path, content)
    assert READER.find(path) == ((path,) if found else ())
    assert READER.find(tmp_path) == ((path,) if found else ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no JSON"),
        (b'{"a": 1}', "holds no history"),
        (b'{"loss": []}', "holds no history"),
        (b"[" * 100_000, "is no JSON"),
        (b'"' + b"{'loss': " * 50_000, "is no JSON"),
        (b'{"text": ["a", "b"]}', "no row with a loss or a score"),
        (b"[1," * (LARGEST // 3 + 1), "at most 8 MiB"),
    ],
    ids=["empty", "object", "no-values", "deep", "deep-text", "texts", "large"],
)
def test_what_is_none_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "history.json"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)
