"""`tuner export` on a real study folder."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner import cli
from tuner.commands._export_tables import write_csv

Capture = pytest.CaptureFixture[str]


def export(*words: str, runs: Path) -> int:
    return cli.main(["export", "fin", *words, "--runs-dir", str(runs)])


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_per_training_with_a_column_per_epoch(finished_runs: Path, capsys: Capture) -> None:
    assert export(runs=finished_runs) == 0
    rows = read(capsys.readouterr().out)
    assert [int(row["trial"]) for row in rows][:6] == [0, 1, 2, 3, 4, 5]
    first = rows[0]
    assert (first["learning_rate"], first["batch_size"], first["epochs"]) == ("5e-05", "16", "3")
    assert (first["origin"], first["state"]) == ("recipe", "finished")
    assert float(first["score"]) == max(float(first[f"f1_epoch_{n}"]) for n in (1, 2, 3))
    assert {row["state"] for row in rows} == {"finished", "failed"}
    assert any("-seed-43" in row["key"] for row in rows)


def test_a_row_per_epoch(finished_runs: Path, capsys: Capture) -> None:
    assert export("--epochs", runs=finished_runs) == 0
    rows = [row for row in read(capsys.readouterr().out) if row["key"] == "0000"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[0]["f1"]) < float(rows[2]["f1"])


def test_json_holds_everything(finished_runs: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "trials.json"
    assert export("--output", str(path), runs=finished_runs) == 0
    assert capsys.readouterr() == ("", "")
    document = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert document["name"] == "fin"
    assert document["trials"][0]["settings"]["learning_rate"] == 5e-5
    assert len(document["trials"][0]["epochs"]) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_the_format_comes_before_the_ending(finished_runs: Path, tmp_path: Path) -> None:
    path = tmp_path / "trials.json"
    assert export("--output", str(path), "--format", "csv", runs=finished_runs) == 0
    assert path.read_text(encoding="utf-8").startswith("key,trial,origin,learning_rate")


def test_a_spreadsheet_cannot_execute_what_strangers_wrote(
    finished_runs: Path, capsys: Capture
) -> None:
    assert export(runs=finished_runs) == 0
    assert read(capsys.readouterr().out)[0]["set_optim"] == "'=adafactor()"


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_no_cell_is_a_formula_or_a_control_sequence(name: str, value: str) -> None:
    text = write_csv([{name: value, "number": -0.5}])
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert cell == "-0.5" or not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not set(text) & set("\x1b\r\t\x00")


def test_epochs_are_sorted_by_number() -> None:
    rows: list[dict[str, object]] = [
        {"key": "a", **{f"f1_epoch_{n}": 0.5 for n in (10, 2, 1)}},
        {"key": "b", "note": "x"},
    ]
    assert write_csv(rows).splitlines()[0] == "key,note,f1_epoch_1,f1_epoch_2,f1_epoch_10"
    assert write_csv([]) == "\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--format", "json", "--epochs"), "`--epochs` is for CSV"),
        (("--output", "no/such/folder.csv"), "cannot be written"),
        (("--output", "."), "cannot be written"),
        (("--format", "xlsx"), "choose from"),
    ],
)
def test_what_cannot_be_done(
    words: tuple[str, ...],
    expected: str,
    finished_runs: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert export(*words, runs=finished_runs) == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_table_that_was_not_written_is_an_error(
    finished_runs: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert export(runs=finished_runs) == 2
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert "No space left on device" in capsys.readouterr().err
