"""Files that survive a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import StudyError
from tuner.search.documents import (
    append_line,
    cut_torn_line,
    read_json,
    read_lines,
    remove_tree,
    write_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("json") / "value.json"
    write_json(path, value, durable=False)
    assert read_json(path) == value
    assert [file.name for file in path.parent.iterdir()] == ["value.json"]


@given(cut=st.integers(min_value=0, max_value=200))
def test_lines_cut_anywhere_keep_the_whole_ones(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "history.jsonl"
    for number in range(4):
        append_line(path, {"number": number, "text": "Zürich\n"})
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    whole = content.count(b"\n")
    cut_torn_line(path)
    assert [entry["number"] for entry in read_lines(path)] == list(range(whole))
    append_line(path, {"number": 99})
    assert [entry["number"] for entry in read_lines(path)] == [*range(whole), 99]


def test_no_file_is_none_and_nonsense_is_named(tmp_path: Path) -> None:
    assert read_json(tmp_path / "missing.json") is None
    assert read_lines(tmp_path / "missing.jsonl") == []
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(StudyError, match=r"bad\.json"):
        read_json(tmp_path / "bad.json")


def test_remove_tree_also_finishes_an_earlier_removal(tmp_path: Path) -> None:
    for name in ("best", "best.deleted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text("x")
    remove_tree(tmp_path / "best")
    assert list(tmp_path.iterdir()) == []
    remove_tree(tmp_path / "best")
