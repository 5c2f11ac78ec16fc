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
