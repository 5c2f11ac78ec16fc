"""Reading the `loss.tsv` of flair."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.flair_loss import FlairLoss

DATA = Path(__file__).parents[2] / "data" / "readers" / "flair_loss"
READER = FlairLoss()


def test_the_development_split_decides() -> None:
    run = READER.read(DATA / "loss.tsv")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4]
    assert [point.metrics["f1"] for point in run.epochs] == [0.4444, 0.5993, 0.5846, 0.6699]
    assert [point.eval_loss for point in run.epochs] == [0.61, 0.45, 0.44, None]
    assert "Left out BAD_EPOCHS, TEST_LOSS, TEST_F1." in run.notes


def test_times_of_day_pass_midnight() -> None:
    seconds = [point.seconds for point in READER.read(DATA / "loss.tsv").epochs]
    assert seconds == [None, 30, 31, 29]


def test_settings_come_from_the_printed_log_beside_it() -> None:
    config = READER.read(DATA / "loss.tsv").config
    assert config["learning_rate"] == 0.1
    assert config["batch_size"] == 32
    assert config["epochs"] == 150


def test_older_versions_count_epochs_from_zero(tmp_path: Path) -> None:
    path = tmp_path / "loss.tsv"
    path.write_text(
        "EPOCH\tTIMESTAMP\tLEARNING_RATE\tTRAIN_LOSS\tDEV_F1\n"
        "0\t10:00:00\t0.1\t0.9\t0.1\n1\t10:00:10\t0.1\t0.8\t0.2\n",
        encoding="utf-8",
    )
    run = READER.read(path)
    assert [point.number for point in run.epochs] == [1, 2]
    assert run.config == {"learning_rate": 0.1}


def test_finds_the_file_by_name_and_by_header(tmp_path: Path) -> None:
    assert READER.find(DATA) == (DATA / "loss.tsv",)
    other = tmp_path / "other.txt"
    other.write_bytes((DATA / "loss.tsv").read_bytes())
    assert READER.find(other) == (other,)
    assert READER.find(DATA / "training.log") == ()


def test_an_empty_log_is_said(tmp_path: Path) -> None:
    path = tmp_path / "loss.tsv"
    path.write_bytes(b"")
    with pytest.raises(DiagnosticsError, match="has logged nothing yet"):
        READER.read(path)
