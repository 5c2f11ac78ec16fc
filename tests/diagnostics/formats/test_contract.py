"""Every data format reads its sample, and refuses what is damaged with a clear error.

All samples hold the same two sentences, so that a new format is tested by adding one file.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import data_formats, find_format, guess_format
from diagnostics.scheme_detection import detect_scheme
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities

SAMPLES = Path(__file__).parents[2] / "data" / "formats"
WITHOUT_SAMPLE = {"hub"}  # its data lies elsewhere; see test_hub.py
FORMATS = {each.name: each for each in data_formats() if each.name not in WITHOUT_SAMPLE}
FILE_FORMATS = {name: each for name, each in FORMATS.items() if name != "datasets-folder"}


def sample(name: str) -> Path:
    """The sample of a format: the only file or folder named after its module."""
    (path,) = SAMPLES.glob(f"{name.replace('-', '_')}*")
    return path


def read(data_format: DataFormat, path: Path, *, strict: bool = True) -> list[Sentence]:
    """All sentences, from the first split where there are several."""
    split = next(iter(data_format.splits(path)), None)
    log = ReadingLog(str(path), strict=strict)
    return list(data_format.read(path, ReadOptions(split=split), log))


def may_be_refused(data_format: DataFormat, path: Path) -> None:
    """Read in both ways; nothing but a `DataError` may come out."""
    for strict in (True, False):
        with contextlib.suppress(DataError):
            read(data_format, path, strict=strict)
    guess_format(path)


@pytest.mark.parametrize("data_format", data_formats(), ids=lambda each: each.name)
def test_formats_are_described(data_format: DataFormat) -> None:
    assert data_format.name == type(data_format).__module__.rpartition(".")[2].replace("_", "-")
    assert data_format.title
    assert type(data_format).__doc__


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_is_recognised(name: str) -> None:
    assert find_format(sample(name)).name == name


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_is_read(name: str) -> None:
    sentences = read(FORMATS[name], sample(name))
    assert [" ".join(each.tokens) for each in sentences] == [
        "Anna Bell joined Globex in Oslo .",
        "Nothing happened .",
    ]
    scheme = detect_scheme(each.tags for each in sentences)
    found = [list(entities(scheme.convert(each.tags).tags)) for each in sentences]
    assert found == [[(0, 2, "PER"), (3, 4, "ORG"), (5, 6, "LOC")], []]
    lines = [each.line for each in sentences]
    assert lines == sorted(line for line in lines if line is not None)
    assert len(set(lines)) == 2


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_an_empty_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / sample(name).name
    path.touch()
    with pytest.raises(DataError):
        read(FORMATS[name], path)


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_a_binary_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / sample(name).name
    path.write_bytes(random.Random(7).randbytes(5_000))
    with pytest.raises(DataError):
        read(FORMATS[name], path)


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_a_truncated_file_gives_sentences_or_an_error(name: str, tmp_path: Path) -> None:
    content = sample(name).read_bytes()
    path = tmp_path / sample(name).name
    for end in range(1, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:end])
        may_be_refused(FORMATS[name], path)


@pytest.mark.parametrize("name", FILE_FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_changed_bytes_never_give_a_traceback(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(sample(name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 8))
        content[place : place + cut] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"[", b"}", b"\n", b"\x00", b"9" * 5000])
        )
    path = tmp_path / sample(name).name
    path.write_bytes(bytes(content) or b" ")
    may_be_refused(FORMATS[name], path)


def test_a_folder_with_a_damaged_file_is_refused(tmp_path: Path) -> None:
    source = sample("datasets-folder")
    for file in (path.relative_to(source) for path in source.rglob("*") if path.is_file()):
        for content in (b"", b"{", b"[]", b"{}", b"\x00" * 50):
            folder = tmp_path / "copy"
            shutil.copytree(source, folder)
            (folder / file).write_bytes(content)
            try:
                read(FORMATS["datasets-folder"], folder)
            except DataError:
                pass
            else:
                assert file.name == "dataset_info.json" or "validation" in file.parts
            shutil.rmtree(folder)


def test_an_index_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sample("datasets-folder") / "train", folder)
    (arrow,) = folder.glob("*.arrow")
    arrow.rename(tmp_path / "outside.arrow")
    (folder / "state.json").write_text('{"_data_files": [{"filename": "../outside.arrow"}]}')
    with pytest.raises(DataError, match="cannot be read"):
        read(FORMATS["datasets-folder"], folder)


def test_a_format_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "data.unknown"
    path.write_text("some prose that is no data\n" * 3)
    with pytest.raises(DataError, match="in none of the known formats"):
        find_format(path)
    assert find_format(path, "conll").name == "conll"
    with pytest.raises(DataError, match="Known formats: conll, "):
        find_format(path, "excel")


def test_reading_is_as_strict_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "ragged.conll"
    path.write_text("Anna\tB-PER\nno tag here\nleft\tO\n\n.\tO\n")
    with pytest.raises(DataError, match=r"ragged\.conll, line 2: 1 column where"):
        read(FORMATS["conll"], path)
    log = ReadingLog(strict=False)
    sentences = list(FORMATS["conll"].read(path, ReadOptions(), log))
    assert [each.tokens for each in sentences] == [("Anna", "left"), (".",)]
    assert [problem.line for problem in log.problems["ragged-line"]] == [2]


def test_arrow_offsets_that_leave_the_buffer_are_refused(tmp_path: Path) -> None:
    """Damaged offsets are no error to pyarrow until a value is read from anywhere in memory."""
    pa = pytest.importorskip("pyarrow")
    offsets = pa.py_buffer(np.array([0, 900_000, 5], dtype=np.int32))
    words = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"Annas"))
    table = pa.table({"tokens": words, "ner_tags": pa.array(["O", "O"])})
    path = tmp_path / "data.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataError, match="damaged"):
        read(FORMATS["parquet"], path)
