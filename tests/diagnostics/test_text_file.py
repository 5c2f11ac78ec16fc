"""Encodings, line ends and things that are no text."""

from __future__ import annotations

import gzip
import io
import itertools
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from diagnostics import text_file
from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError
from diagnostics.text_file import TextFile
from diagnostics.text_head import decode_head, read_head

TEXT = "Zürich\tB-LOC\nÅrhus\tB-LOC\n„Ja“\tO\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "data.conll"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_detected(tmp_path: Path, encoding: str, found: str) -> None:
    text = TextFile.inspect(write(tmp_path, TEXT.encode(encoding)), ReadingLog())
    assert text.encoding == found
    assert [line for _, line in text.lines()] == TEXT.split("\n")[:-1]


def test_what_is_not_utf8_is_noted(tmp_path: Path) -> None:
    log = ReadingLog()
    TextFile.inspect(write(tmp_path, "Müller\tB-PER\n".encode("latin-1")), log)
    assert log.counts == {"not-utf-8": 1}


def test_damaged_utf8_names_its_line(tmp_path: Path) -> None:
    lines = ["für\tO\n".encode()] * 5
    lines[3] = b"f\xfcr\tO\n"
    path = write(tmp_path, b"".join(lines))
    with pytest.raises(DataError, match=r"line 4: .* holds bytes that are not"):
        TextFile.inspect(path, ReadingLog(str(path)))
    log = ReadingLog(strict=False)
    assert [line for _, line in TextFile.inspect(path, log).lines()][3] == "f\ufffdr\tO"
    assert log.problems["damaged-encoding"][0].line == 4


def test_a_head_of_damaged_utf8_is_read_like_the_file() -> None:
    assert decode_head("नमस्ते दुनिया\n".encode() + b"na\xffme") == "नमस्ते दुनिया\nna\ufffdme"
    assert decode_head("Zürich\tO\n".encode("latin-1")) == "Zürich\tO\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    text = TextFile.inspect(write(tmp_path, f"a\tO{end}{end}b\tO{end}".encode()), ReadingLog())
    assert list(text.lines()) == [(1, "a\tO"), (2, ""), (3, "b\tO")]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1))
def test_no_other_character_ends_a_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = write(tmp_path_factory.mktemp("lines"), "\n".join(["first", *lines]).encode())
    if any(ord(letter) < 32 for letter in "".join(lines)):
        return  # control characters may make it binary
    text = TextFile.inspect(path, ReadingLog())
    read = [line for _, line in text.lines()]
    assert read == ["first", *lines][: len(read)]
    assert not any(["first", *lines][len(read) :])


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("train.txt", TEXT)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("train.txt"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (zipped(), "zip archive"),
        (gzip.compress(TEXT.encode()), "gzip-compressed"),
        (tarred(), "tar archive"),
    ],
    ids=["empty", "zip", "gzip", "tar"],
)
def test_empty_files_and_archives_are_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        read_head(write(tmp_path, content))


@pytest.mark.parametrize("content", [bytes(range(256)) * 9, b"\x80\x04\x95\x00\x00", b"\x01" * 99])
def test_binary_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="binary file"):
        TextFile.inspect(write(tmp_path, content), ReadingLog())


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_head(tmp_path / "missing.txt")
    with pytest.raises(DataError, match="not a regular file"):
        read_head(Path("/dev/null"))


def test_an_endless_line_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_file, "LONGEST_LINE", 1 << 16)
    monkeypatch.setattr(text_file, "CHUNK_BYTES", 1 << 12)
    text = TextFile.inspect(write(tmp_path, b"word O\n" + b"x" * (1 << 17)), ReadingLog())
    with pytest.raises(DataError, match="line breaks seem to be lost"):
        next(text.lines())


@given(
    st.lists(
        st.sampled_from(["", "a O", "\ufeffb O", " ", "-DOCSTART-", "é B-X", "c\rd", "\u2028 O"]),
        max_size=30,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paragraphs_are_the_lines_between_empty_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], end: str, chunk: int
) -> None:
    assume(any(line.strip() for line in lines))
    path = tmp_path / "data.conll"
    path.write_bytes(end.join(lines).encode())
    text = TextFile.inspect(path, ReadingLog(strict=False))
    monkeypatch.setattr("diagnostics.text_file.CHUNK_BYTES", chunk)
    expected = [(number, line) for number, line in text.lines() if line]
    found = list(text.paragraphs())
    together = [pair for numbers, block in found for pair in zip(numbers, block, strict=True)]
    assert together == expected
    for (numbers, _), (following, _) in itertools.pairwise(found):
        assert following[0] > numbers[-1] + 1
    for numbers, _ in found:
        assert list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_too_long_for_a_table_is_refused_with_its_number(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "long.conll"
    path.write_bytes(b"A O" + end + b"x" * (9 << 20) + b" O" + end + b"B O" + end)
    text = TextFile.inspect(path, ReadingLog(str(path)))
    with pytest.raises(DataError, match=r"line 2: a line of more than 8 MiB"):
        next(text.paragraphs())
    assert [number for number, _ in text.lines()] == [1, 2, 3]
