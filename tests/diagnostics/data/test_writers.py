"""What a writer writes is read back word for word, or refused: nothing is silently changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.format_finder import data_formats, find_format
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.writer_finder import data_writers, find_writer, write_and_compare

WRITERS = {writer.name: writer for writer in data_writers()}
EACH = pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
PLAIN = (
    Sentence(
        tokens=("Anna", "Bell", "left", "Oslo", "."), tags=("B-PER", "I-PER", "O", "B-X", "O")
    ),
    Sentence(tokens=("Nothing", "happened", "."), tags=("O", "O", "O")),
)
HOSTILE_WORDS = (
    *('"', "'", ",", ";", "|", "\\", "[", "]", "{", "}", "[]", '["a"]', "''", "`", "=", "::"),
    *("New York", "tab\tinside", "line\nend", "return\rinside", "\u2028", "x\u2029y", "a\x85b"),
    *("#", "# text = a", "#MH17", "-DOCSTART-", "-DOCSTART-x", "//", "", " ", "\u00a0", "\u200b"),
    *("\ufeff", "\ufeffAnna", "\x00", "\x1b[31m", "e\u0301", "👩\u200d🔬", "null", "NaN", "1e5"),
    *("O", "B-PER", "token", "tags", "word,tag", "Sentence #", "Sentence: 1", "\ud800", "ශ්\u200dරී"),
)
WORDS = (
    st.sampled_from(HOSTILE_WORDS) | st.text(max_size=6) | st.sampled_from(["Anna", "left", "."])
)
TAGS = ("O", "O", "B-PER", "B-LOC")


@st.composite
def hostile_sentences(draw: st.DrawFn) -> list[Sentence]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        tokens = draw(st.lists(WORDS, min_size=1, max_size=6))
        tags = [draw(st.sampled_from(TAGS)) for _ in tokens]
        for place in range(1, len(tags)):
            if tags[place] == "O" and tags[place - 1] != "O" and draw(st.booleans()):
                tags[place] = f"I-{tags[place - 1][2:]}"
        found.append(Sentence(tokens=tuple(tokens), tags=tuple(tags)))
    return found


def read_back(path: Path) -> list[Sentence]:
    return list(find_format(path).read(path, ReadOptions(), ReadingLog(str(path))))


def test_writers_are_named_after_formats_and_modules() -> None:
    formats = {each.name for each in data_formats()}
    for writer in data_writers():
        assert writer.name in formats
        assert writer.name == type(writer).__module__.rpartition(".")[2].replace("_", "-")
        assert writer.title
        assert writer.suffix.startswith(".")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(DataError, match=r"no format `excel` to write. Known are conll, "):
        find_writer("excel")


@EACH
def test_plain_sentences_come_back(writer: DataWriter, tmp_path: Path) -> None:
    path = tmp_path / f"train{writer.suffix}"
    write_and_compare(writer, PLAIN, path)
    assert find_format(path).name == writer.name
    assert [(each.tokens, each.tags) for each in read_back(path)] == [
        (each.tokens, each.tags) for each in PLAIN
    ]


@EACH
def test_text_is_utf8_with_line_feeds(writer: DataWriter, tmp_path: Path) -> None:
    if writer.name == "parquet":
        pytest.skip("no text")
    path = tmp_path / f"train{writer.suffix}"
    writer.write([Sentence(tokens=("Zürich", "ශ්\u200dරී"), tags=("B-X", "O"))], path)
    content = path.read_bytes()
    content.decode("utf-8")
    assert b"\r" not in content
    assert content.endswith(b"\n")
    assert not content.startswith(b"\xef\xbb\xbf")


@EACH
@settings(max_examples=40, deadline=None)
@given(sentences=hostile_sentences())
def test_hostile_words_come_back_or_are_refused(
    writer: DataWriter, tmp_path_factory: pytest.TempPathFactory, sentences: list[Sentence]
) -> None:
    path = tmp_path_factory.mktemp("round") / f"train{writer.suffix}"
    try:
        write_and_compare(writer, sentences, path)
    except DataError:
        return
    assert [(each.tokens, each.tags) for each in read_back(path)] == [
        (each.tokens, each.tags) for each in sentences
    ]


@pytest.mark.parametrize("name", ["json-tokens", "csv-sentences"])
def test_formats_with_escapes_hold_any_word(name: str, tmp_path: Path) -> None:
    tokens = ("Anna", *HOSTILE_WORDS)
    sentence = Sentence(tokens=tokens, tags=("B-PER", *("O" for _ in HOSTILE_WORDS)))
    writer = WRITERS[name]
    path = tmp_path / f"train{writer.suffix}"
    write_and_compare(writer, [sentence], path)
    assert read_back(path)[0].tokens == tokens


@pytest.mark.parametrize(
    ("name", "word", "complaint"),
    [
        ("conll", "tab\tinside", "holds a tab or a line end, which CoNLL cannot hold"),
        ("conll", "line\nend", "holds a tab or a line end"),
        ("conll", "-DOCSTART-", "starts like the mark of a document"),
        ("conll", "\ud800", "UTF-8 cannot hold"),
        ("kaggle-csv", "line\nend", "holds a line end"),
        ("json-spans", "", "is empty"),
        ("json-spans", "\ud800", "half of a character"),
    ],
)
def test_what_a_format_cannot_hold_is_named(
    name: str, word: str, complaint: str, tmp_path: Path
) -> None:
    writer = WRITERS[name]
    sentence = Sentence(tokens=("Anna", word), tags=("B-PER", "O"), line=7)
    with pytest.raises(DataError, match=complaint):
        write_and_compare(writer, [*PLAIN, sentence], tmp_path / f"train{writer.suffix}")


@EACH
@pytest.mark.parametrize("tag", ["", "B-PER ", " O"])
def test_loose_tags_are_refused(writer: DataWriter, tag: str, tmp_path: Path) -> None:
    sentence = Sentence(tokens=("Anna", "left"), tags=("B-PER", tag))
    with pytest.raises(DataError):
        write_and_compare(writer, [sentence], tmp_path / f"train{writer.suffix}")


def test_what_would_be_read_otherwise_is_refused_although_the_writer_took_it(
    tmp_path: Path,
) -> None:
    header = Sentence(tokens=("token", "Anna"), tags=("tag", "PER"))
    with pytest.raises(DataError, match="cannot be written as conll"):
        write_and_compare(WRITERS["conll"], [header], tmp_path / "train.conll")


def test_files_are_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("mine")
    with pytest.raises(DataError, match="cannot be written"):
        WRITERS["conll"].write(PLAIN, path)
    assert path.read_text() == "mine"
