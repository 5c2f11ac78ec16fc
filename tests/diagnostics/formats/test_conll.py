"""Token tables: separators, columns, comments, breaks, and the traps in white space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format, guess_format
from diagnostics.formats.conll import ConllFormat
from diagnostics.subjects.labelled_data import Sentence

Read = tuple[list[Sentence], ReadingLog]


def read(path: Path, text: str, columns: str | None = None, **options: Any) -> Read:
    """Write a file and read it."""
    path = path / "data.txt"
    path.write_bytes(text.encode(options.pop("encoding", "utf-8")))
    log = ReadingLog(str(path), **options)
    chosen = ReadOptions(columns=Columns.parse(columns))
    return list(ConllFormat().read(path, chosen, log)), log


def pairs(read: Read) -> list[list[tuple[str, str]]]:
    return [list(zip(each.tokens, each.tags, strict=True)) for each in read[0]]


SIMPLE = [[("Anna", "B-PER"), ("left", "O"), (",", "O")], [("Oslo", "B-LOC"), (".", "O")]]


@pytest.mark.parametrize(
    ("separator", "name"),
    [
        ("\t", "tab"),
        (" ", "whitespace"),
        ("   ", "whitespace"),
        (" \t ", "whitespace"),
        (";", ";"),
        ("|", "|"),
        (" ||| ", "whitespace"),
        ("_-", "_-"),
        ("###", "###"),
        ("::", "::"),
    ],
)
def test_any_separator(tmp_path: Path, separator: str, name: str) -> None:
    text = "\n\n".join(
        "\n".join(f"{token}{separator}{tag}" for token, tag in sentence) for sentence in SIMPLE
    )
    result = read(tmp_path, text + "\n")
    assert pairs(result) == SIMPLE
    assert result[1].facts["separator"] == name
    assert guess_format(tmp_path / "data.txt") is not None


def test_commas_may_be_quoted(tmp_path: Path) -> None:
    text = 'token,tag\nAnna,B-PER\nleft,O\n",",O\n,\nOslo,B-LOC\n.,O\n'
    assert pairs(read(tmp_path, text)) == SIMPLE


@pytest.mark.parametrize(
    ("columns", "token", "tag"),
    [
        (None, "Anna", "B-PER"),
        ("token=0,tag=2", "Anna", "B-NP"),
        ("token=1,tag=-1", "NNP", "B-PER"),
        ("tag=-2", "Anna", "B-NP"),
        ("token=0, tag=3, separator=space", "Anna", "B-PER"),
    ],
)
def test_columns_are_chosen(tmp_path: Path, columns: str | None, token: str, tag: str) -> None:
    text = "Anna NNP B-NP B-PER\nleft VBD B-VP O\n"
    assert pairs(read(tmp_path, text, columns))[0][0] == (token, tag)


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ("token=7", "no column 7: the file has 2 columns"),
        ("tag=ner", "no column `ner`"),
        ("word=1", "`word=1` is no choice of columns"),
        ("3", "`3` is no choice of columns"),
    ],
)
def test_wrong_columns_are_refused(tmp_path: Path, columns: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, "Anna B-PER\nleft O\n", columns)


def test_a_header_names_the_columns(tmp_path: Path) -> None:
    text = "Token\tPOS\tNER\tLemma\nAnna\tNNP\tB-PER\tanna\nleft\tVBD\tO\tleave\n"
    result = read(tmp_path, text)
    assert pairs(result) == [[("Anna", "B-PER"), ("left", "O")]]
    assert result[1].facts["columns"] == "token=0,tag=2"
    assert pairs(read(tmp_path, text, "token=lemma,tag=ner"))[0][0] == ("anna", "B-PER")


def test_a_column_that_counts_words_is_not_the_words(tmp_path: Path) -> None:
    text = "# http://example.org\n1\tAnna\tB-PER\n2\tleft\tO\n3\tOslo\tB-LOC\n\n1\t.\tO\n2\t!\tO\n"
    result = read(tmp_path, text)
    assert pairs(result)[0] == [("Anna", "B-PER"), ("left", "O"), ("Oslo", "B-LOC")]


def test_comments_are_told_from_hashtags(tmp_path: Path) -> None:
    text = "# sent_id = 1\n# text = Anna left\n#MH17 B-PER\n# O\nleft O\n"
    assert pairs(read(tmp_path, text)) == [[("#MH17", "B-PER"), ("#", "O"), ("left", "O")]]


def test_a_comment_with_as_many_words_as_columns(tmp_path: Path) -> None:
    text = "# text = Anna\nAnna NNP B-NP B-PER\nleft VBD B-VP O\n# id 7 dev\n# # O O\n"
    assert [token for token, _ in pairs(read(tmp_path, text))[0]] == ["Anna", "left", "#"]


def test_sentence_breaks(tmp_path: Path) -> None:
    text = (
        "\n \nAnna\tB-PER\n\t\nleft\tO\n \t \n\n"
        "-DOCSTART- -X- O\nOslo\tB-LOC\n-DOCSTART-\tO\n.\tO\n"
    )
    result = read(tmp_path, text)
    assert pairs(result) == [
        [("Anna", "B-PER")],
        [("left", "O")],
        [("Oslo", "B-LOC")],
        [(".", "O")],
    ]
    assert [each.line for each in result[0]] == [3, 5, 9, 11]


@pytest.mark.parametrize(
    "token", ["New York", "a\u00a0b", "x\u2028y", "1\u202f000", "\u00a0", "a\x85b"]
)
def test_white_space_inside_words_of_tab_files(tmp_path: Path, token: str) -> None:
    text = f"left\tO\n{token}\tB-LOC\n.\tO\n"
    assert pairs(read(tmp_path, text)) == [[("left", "O"), (token, "B-LOC"), (".", "O")]]


@pytest.mark.parametrize("token", ["a\u00a0b", "x\u2028y", "1\u202f000", "\u3000", "a\x0bb"])
def test_white_space_inside_words_of_blank_files(tmp_path: Path, token: str) -> None:
    text = f"left O\n{token} B-LOC\n. O\n"
    assert pairs(read(tmp_path, text)) == [[("left", "O"), (token, "B-LOC"), (".", "O")]]


@pytest.mark.parametrize("text", ["Anna\tB-PER\n\tO\nleft\tO\n", "Anna B-PER\n O\nleft O\n"])
def test_a_missing_word_is_kept_and_noted(tmp_path: Path, text: str) -> None:
    result = read(tmp_path, text)
    assert pairs(result) == [[("Anna", "B-PER"), ("", "O"), ("left", "O")]]
    assert result[1].problems["empty-token"][0].line == 2


def test_separators_at_the_end_of_a_line(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, "Anna\tB-PER\nleft\tO\t\n.\tO\t\t\n"))[0][1:] == [
        ("left", "O"),
        (".", "O"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    text = f"Zoë\tB-PER{end}left\tO{end}{end}.\tO{end}"
    assert pairs(read(tmp_path, text, encoding=encoding)) == [
        [("Zoë", "B-PER"), ("left", "O")],
        [(".", "O")],
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Anna\tB-PER\nleft\nOslo\tB-LOC\n.\tO\n,\tO\n", "line 2: 1 column where the other"),
        ("Anna B-PER\nNew York B-LOC\n. O\nx O\ny O\n", "line 2: 3 columns where the other"),
        ("Anna\tB-PER\nleft\t \n.\tO\n", "line 2: the word 'left' has no tag"),
        ("This is prose.\nIt has no tags at all.\n", "the first line is 'This is prose.'"),
        ("word\nword\n", "no separator was found"),
        ("\n\n \n", "no separator was found"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["This is prose.\nIt has no tags at all.\n", "one\n", "a,b,c\n1,2,3\n4,5,6\n"]
)
def test_other_text_is_not_taken_for_a_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(DataError, match="in none of the known formats"):
        find_format(path)


WORD = st.text(
    st.characters(
        exclude_characters="\r\n\t \x0b\x0c#", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]
    ),
    min_size=1,
    max_size=8,
).filter(lambda word: not word.startswith("-DOCSTART-"))


@given(
    st.lists(
        st.lists(st.tuples(WORD, st.sampled_from(["O", "B-X", "I-X"])), min_size=1, max_size=5),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from("\t "),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[tuple[str, str]]],
    separator: str,
) -> None:
    text = "\n\n".join(
        "\n".join(f"{token}{separator}{tag}" for token, tag in each) for each in sentences
    )
    name = {"\t": "tab", " ": "space"}[separator]
    found = read(tmp_path_factory.mktemp("round"), text, f"separator={name}")
    assert pairs(found) == sentences


def test_a_table_with_whole_sentences_in_its_cells_is_another_format(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("tokens,ner_tags\n" + "Anna Bell left,B-PER I-PER O\n" * 9, encoding="utf-8")
    assert find_format(path).name == "csv-sentences"


@pytest.mark.parametrize("separator", ["\t", ","])
def test_a_table_with_a_header_and_a_word_per_line_is_one(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "train.csv"
    rows = ("token tag", "Anna B-PER", "left O", "", "Bell B-PER")
    path.write_text("\n".join(rows).replace(" ", separator) + "\n", encoding="utf-8")
    assert find_format(path).name == "conll"
