"""Reading `dev_predictions.jsonl`, whole, torn and hostile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.readers import _predictions
from diagnostics.readers._predictions import PREDICTIONS, predictions_beside

LINE = {"gold": ["O", "B-PER"], "predicted": ["O", "O"]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


def write(folder: Path, *lines: Any) -> None:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / PREDICTIONS).write_text(text, encoding="utf-8")


def test_reads_both_sides(tmp_path: Path) -> None:
    write(tmp_path, LINE, {"gold": ["B-LOC"], "predicted": ["B-LOC"]})
    notes: list[str] = []
    found = predictions_beside(tmp_path, notes)
    assert found is not None
    assert found.gold == (("O", "B-PER"), ("B-LOC",))
    assert found.predicted == (("O", "O"), ("B-LOC",))
    assert notes == []


def test_no_file_is_no_loss(tmp_path: Path) -> None:
    notes: list[str] = []
    assert predictions_beside(tmp_path, notes) is None
    assert notes == []


@pytest.mark.parametrize(
    "line",
    [
        '{"gold": ["O"], "predicted": [',
        {"gold": ["O", "O"], "predicted": ["O"]},
        {"gold": [1], "predicted": [2]},
        {"gold": [""], "predicted": [""]},
        {"gold": ["x" * 201], "predicted": ["O"]},
        {"gold": [], "predicted": []},
        {"gold": "OO", "predicted": "OO"},
        ["O"],
        {},
    ],
)
def test_what_is_torn_is_left_out_and_said(tmp_path: Path, line: Any) -> None:
    write(tmp_path, LINE, line)
    notes: list[str] = []
    found = predictions_beside(tmp_path, notes)
    assert found is not None
    assert len(found.gold) == 1
    assert notes == [f"1 line of {PREDICTIONS} hold no two tag sequences of equal length."]


def test_a_file_without_any_whole_line_is_none(tmp_path: Path) -> None:
    write(tmp_path, "torn", "[1]")
    notes: list[str] = []
    assert predictions_beside(tmp_path, notes) is None
    assert notes


@pytest.mark.parametrize(("limit", "value"), [("MOST_WORDS", 5), ("MOST_TAGS", 1)])
def test_limits_end_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(_predictions, limit, value)
    write(tmp_path, {"gold": ["O", "O"], "predicted": ["O", "O"]}, LINE, LINE, LINE)
    notes: list[str] = []
    found = predictions_beside(tmp_path, notes)
    assert found is not None
    assert len(found.gold) < 4
    assert "limit" in notes[0]


@given(st.lists(JSON, max_size=5))
def test_no_content_makes_it_fail(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    write(folder, *[json.dumps(row) for row in rows], json.dumps(LINE))
    found = predictions_beside(folder, [])
    assert found is not None
    assert found.gold[-1] == ("O", "B-PER")
