"""The CSV of Kaggle, in the variants that go around."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.formats.kaggle_csv import KaggleCsvFormat
from diagnostics.subjects.labelled_data import Sentence


def read(
    folder: Path, text: str, columns: str | None = None, encoding: str = "utf-8"
) -> list[Sentence]:
    path = folder / "data.csv"
    path.write_bytes(text.encode(encoding))
    options = ReadOptions(columns=Columns.parse(columns))
    return list(KaggleCsvFormat().read(path, options, ReadingLog(str(path))))


@pytest.mark.parametrize(
    "text",
    [
        'Sentence #,Word,POS,Tag\nSentence: 1,Zoë,NNP,B-per\n,",",",",O\nSentence: 2,"""",``,O\n',
        'Sentence #,Word,Tag\r\n1,Zoë,B-per\r\n1,",",O\r\n2,"""",O\r\n',
        'Sentence #,Word,Tag\r\r\n1,Zoë,B-per\r\r\n1,",",O\r\r\n2,"""",O\r\r\n',
        ',sentence_id,tag,token\n0,7,B-per,Zoë\n1,7,O,","\n2,9,O,""""\n',
        'Sentence #;Word;Tag\n1;Zoë;B-per\n;,;O\n2;"""";O\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_variants(tmp_path: Path, text: str, encoding: str) -> None:
    sentences = read(tmp_path, text, encoding=encoding)
    assert [each.tokens for each in sentences] == [("Zoë", ","), ('"',)]
    assert [each.tags for each in sentences] == [("B-per", "O"), ("O",)]
    assert find_format(tmp_path / "data.csv").name == "kaggle-csv"


def test_line_numbers_and_chosen_columns(tmp_path: Path) -> None:
    sentences = read(tmp_path, "Sentence #,Word,POS,Tag\n1,a,X,O\n,b,Y,O\n2,c,Z,O\n", "tag=pos")
    assert [(each.line, each.tags) for each in sentences] == [(2, ("X", "Y")), (4, ("Z",))]


@pytest.mark.parametrize(
    ("text", "columns", "complaint"),
    [
        ("Sentence #,Word\n1,a\n", None, "lacks a column .* its columns are Sentence #, Word"),
        ("Sentence #,Word,Tag\n1,a,O\n,b\n", None, "line 3: 2 cells, too few"),
        ("Sentence #,Word,Tag\n1,a,O\n,b,\n", None, "line 3: the word 'b' has no tag"),
        ("Sentence #,Word,Tag\n1,a,O\n", "tag=gold", "There is no column `gold`"),
        ("\n\n", None, "holds no lines"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, text: str, columns: str | None, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, text, columns)


def test_a_quoted_cell_may_hold_a_line_break(tmp_path: Path) -> None:
    text = 'Sentence #,Word,Tag\n1,"New\nYork",B-LOC\n,"a\n\nb",O\n,c,O\n2,d,O\n'
    sentences = read(tmp_path, text)
    assert [each.tokens for each in sentences] == [("New\nYork", "a\n\nb", "c"), ("d",)]
    assert [each.lines for each in sentences] == [(2, 4, 7), (8,)]


@pytest.mark.parametrize("between", ["", ",b,O\n", ",b,O\n\n2,c,O\n"])
def test_a_word_that_is_a_bare_quotation_mark_costs_no_other_row(
    tmp_path: Path, between: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f'Sentence #,Word,Tag\n1,a,O\n,",O\n{between},",O\n3,d,O\n')
    log = ReadingLog(str(path), strict=False)
    words = [
        word for each in KaggleCsvFormat().read(path, ReadOptions(), log) for word in each.tokens
    ]
    inner = [word for word in "bc" if f",{word}," in between]
    assert words == ["a", '"', *inner, '"', "d"]
    assert log.counts["unclosed-quote"] == 2
