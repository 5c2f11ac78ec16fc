"""A survey looks through each file once, and remembers nothing after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics import text_file
from diagnostics.data_checkup import check
from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError
from diagnostics.formats import conll
from diagnostics.once_per_survey import once_per_survey, surveying
from diagnostics.text_file import TextFile


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two splits, one of them with a carriage return inside."""
    (tmp_path / "train.conll").write_bytes(b"Anna B-PER\nspoke O\n\n" * 20)
    (tmp_path / "dev.conll").write_bytes(b"Bell B-PER\r\nspoke O\n\n" * 20)
    return tmp_path


def test_each_file_is_looked_through_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(module: object, name: str) -> None:
        original = getattr(module, name)

        def asked(*arguments: object, **named: object) -> object:
            looked.append(name)
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, asked)

    counted(text_file, "count_line_ends")
    counted(conll, "_layout")
    checkup = check(str(data))
    assert checkup.subject.splits["train"].sentences == 20
    assert {judged.rule for judged in checkup.findings} & {"D123"}, "line ends are still told"
    assert looked.count("count_line_ends") == 2
    assert looked.count("_layout") == 2


def test_what_is_found_out_counts_for_one_survey_only(data: Path) -> None:
    file = data / "train.conll"
    with surveying():
        assert TextFile.inspect(file, ReadingLog()).encoding == "utf-8"
        file.write_bytes("Müller B-PER\n".encode("cp1252"))
        assert TextFile.inspect(file, ReadingLog()).encoding == "utf-8"
    assert TextFile.inspect(file, ReadingLog()).encoding == "cp1252"


def test_every_log_hears_of_the_defects(data: Path) -> None:
    with surveying():
        logs = [ReadingLog(strict=False) for _ in range(2)]
        for log in logs:
            TextFile.inspect(data / "dev.conll", log)
    assert logs[0].counts == logs[1].counts == {"mixed-line-ends": 20}


def test_an_error_is_raised_each_time() -> None:
    def fail() -> str:
        raise DataError("unreadable")

    with surveying():
        for _ in range(2):
            with pytest.raises(DataError, match="unreadable"):
                once_per_survey("file", fail)
        assert once_per_survey("file", lambda: "read") == "read"
