"""Scripts are read as Python reads them; what is none is one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.doctor.script_source import read_script
from tuner.errors import UsageError


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "train.py"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"print 'x'\n", "no valid Python: line 1"),
        (b"x = (\n", "no valid Python"),
        (b"\x7fELF\x00\x01", "is binary"),
        ("# Größe\n".encode("latin-1"), "not UTF-8"),
        (b"# -*- coding: klingon -*-\n", "name no encoding"),
        (b"x" * (2**19 + 1), "larger than 512 KiB"),
        (b"(" * 5000 + b")" * 5000, "train.py"),
        (b"x = " + b"-" * 100_000 + b"1\n", "train.py"),
    ],
    ids=["python 2", "open bracket", "binary", "latin-1", "codec", "huge", "brackets", "minus"],
)
def test_what_cannot_be_read_is_one_message(content: bytes, message: str, script: Path) -> None:
    script.write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        read_script(str(script))
    assert str(script) in caught.value.message


def test_what_is_no_file_is_one_message(tmp_path: Path) -> None:
    for name, message in (
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "nowhere.py"), "There is no script"),
        (str(tmp_path / "book.ipynb"), "is a notebook"),
        ("/dev/zero", "is none"),
    ):
        with pytest.raises(UsageError, match=message):
            read_script(name)


@pytest.mark.parametrize(
    "content",
    [
        b"from transformers import TrainingArguments\r\nTrainingArguments(bf16=True)\r\n",
        "\ufefffrom transformers import TrainingArguments\nTrainingArguments(bf16=True)".encode(),
        "# coding: latin-1\nfrom transformers import TrainingArguments as Ü; Ü(bf16=True)".encode(
            "latin-1"
        ),
    ],
)
def test_encodings_and_line_ends_of_python(content: bytes, script: Path) -> None:
    script.write_bytes(content)
    source = read_script(str(script))
    text = "".join(source.lines)
    assert "(bf16=True)" in text
    assert "\r" not in text
    assert "\ufeff" not in text
