"""Reading for a check: a defect is noted with its line, and never ends the reading of the rest."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics import json_records
from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.subjects.labelled_data import Sentence

Read = tuple[list[Sentence], ReadingLog]


def read(path: Path, content: str | bytes, name: str, *, strict: bool = False) -> Read:
    """Write a file and read it in a format."""
    path = path / "data.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    log = ReadingLog(str(path), strict=strict)
    options = ReadOptions(columns=Columns())
    return list(find_format(path, name).read(path, options, log)), log


def lines_of(log: ReadingLog, kind: str) -> list[int | None]:
    return [problem.line for problem in log.problems[kind]]


def words(found: Read) -> list[str]:
    return [" ".join(each.tokens) for each in found[0]]


GOOD = "Anna\tB-PER\nleft\tO\n\n"


@pytest.mark.parametrize(
    ("content", "kind", "lines", "sentences"),
    [
        (f"{GOOD}ragged\nBell\tB-PER\n\n{GOOD}", "ragged-line", [4], ["Bell"]),
        (f"{GOOD}Bell\t\nleft\tO\n\n{GOOD}", "missing-tag", [4], ["left"]),
        (f"{GOOD}Bell B-PER\nof York\tO\n\n{GOOD}", "mixed-separators", [4], ["Bell of York"]),
        (f"{GOOD}Bell\tB-PER \n\n{GOOD}", "white-space-in-tag", [4], ["Bell"]),
        (f"{GOOD}Bell\tB-PER\nleft\tO\rtoo\tO\n\n{GOOD}", "carriage-return-inside", [5], None),
        (f"{GOOD}Bell\tB-PER\r\n\n{GOOD}", "mixed-line-ends", [4], ["Bell"]),
        (f"{GOOD}\ufeffBell\tB-PER\n\n{GOOD}", "byte-order-mark-inside", [4], ["Bell"]),
        (f"{GOOD}\ufeff-DOCSTART-\tO\n\nBell\tO\n\n{GOOD}", "byte-order-mark-inside", [4], None),
        (f"token\ttag\n{GOOD}token\ttag\nBell\tO\n\n{GOOD}", "repeated-header", [5], ["Bell"]),
        (
            f"äöü\tO\n{GOOD}".encode() + b"B\xe4ll\tO\n\n" + GOOD.encode(),
            "damaged-encoding",
            [5],
            None,
        ),
    ],
)
def test_tables(
    tmp_path: Path, content: str | bytes, kind: str, lines: list[int], sentences: list[str] | None
) -> None:
    found = read(tmp_path, content, "conll")
    assert found[1].counts[kind] == len(lines)
    assert lines_of(found[1], kind) == lines
    assert words(found)[-1] == "Anna left"
    if sentences is not None:
        assert words(found)[1:-1] == sentences


def test_a_table_of_blanks_and_tabs(tmp_path: Path) -> None:
    found = read(tmp_path, "Anna B-PER\nleft O\n\nBell\tB-PER\nleft O\ntoo\tO\n", "conll")
    assert words(found) == ["Anna left", "Bell left too"]
    assert found[1].counts == {"separators-differ": 2}
    assert lines_of(found[1], "separators-differ") == [4, 6]
    assert read(tmp_path, "Anna B-PER\nleft\tO\n", "conll", strict=True)[1].counts == {}


def test_lines_joined_by_carriage_returns_are_cut(tmp_path: Path) -> None:
    found = read(tmp_path, "Anna\tB-PER\nleft\tO\r\rBell\tB-PER\rtoo\tO\n", "conll")
    assert words(found) == ["Anna left", "Bell too"]
    assert [each.line for each in found[0]] == [1, 2]


def test_every_damaged_line_is_counted(tmp_path: Path) -> None:
    content = b"".join(
        b"f\xfcr\tO\n" if number % 3 == 0 else "für\tO\n".encode() for number in range(30)
    )
    _, log = read(tmp_path, content, "conll")
    assert log.counts["damaged-encoding"] == 10
    assert lines_of(log, "damaged-encoding") == [1, 4, 7, 10, 13]
    with pytest.raises(DataError, match="line 1: "):
        read(tmp_path, content, "conll", strict=True)


def test_the_other_columns_are_known(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("Anna NNP B-NP B-PER\nleft VBD B-VP O\n. . O O\n")
    log = ReadingLog(strict=False)
    options = ReadOptions(columns=Columns(tag="1"))
    list(find_format(path, "conll").read(path, options, log))
    assert log.facts["entity_columns"] == (3,)


RECORDS: list[dict[str, Any]] = [
    {"id": number, "tokens": ["Anna", f"w{number}"], "ner_tags": ["B-PER", "O"]}
    for number in range(12)
]


def broken(record: str, seed: int) -> str:
    """A record without one of the characters that JSON needs; it starts as it did."""
    chance = random.Random(seed)
    places = [place for place, letter in enumerate(record) if letter in '{}[]",:' and place]
    place = chance.choice(places)
    return record[:place] + record[place + 1 :]


@pytest.mark.parametrize("shape", ["lines", "array", "one line", "indented"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(0, 11), size=st.integers(20, 400))
def test_one_broken_record_costs_no_other(
    shape: str, tmp_path_factory: pytest.TempPathFactory, seed: int, number: int, size: int
) -> None:
    indent = 1 if shape == "indented" else None
    dumped = [json.dumps(record, indent=indent) for record in RECORDS]
    dumped[number] = broken(dumped[number], seed)
    try:
        json.loads(dumped[number])
    except ValueError:
        pass
    else:
        return
    text = {
        "lines": "\n".join(dumped),
        "array": "[\n" + ",\n".join(dumped) + "\n]\n",
        "one line": f"[{', '.join(dumped)}]",
        "indented": f"[{','.join(dumped)}]",
    }[shape]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "CHUNK_CHARACTERS", size)
        found, log = read(tmp_path_factory.mktemp("broken"), text, "json-tokens")
    expected = {f"w{other}" for other in range(12) if other != number}
    assert {each.tokens[1] for each in found} >= expected
    assert len(found) <= 12
    assert 1 <= sum(log.counts.values()) <= 2


def test_a_search_for_the_next_record_ends(tmp_path: Path) -> None:
    text = '{"a": ' * 50_000 + "\n" + json.dumps(RECORDS[0])
    found, log = read(tmp_path, text, "json-tokens")
    assert sum(log.counts.values()) >= 1
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"tokens": ["Anna", "left"], "ner_tags": ["O"]}, "length-mismatch"),
        ({"tokens": ["Anna", None], "ner_tags": ["O", "O"]}, "missing-value"),
        ({"tokens": ["Anna", "left"], "ner_tags": ["O", ""]}, "missing-value"),
        ({"tokens": ["Anna", "left"]}, "no-tokens"),
        ({"tokens": ["Anna", "left"], "ner_tags": ["O", "B-PER "]}, "white-space-in-tag"),
        ({"tokens": "Anna left now", "ner_tags": "positive"}, "label-of-sentence"),
        ({"tokens": "Anna left", "ner_tags": "B-PER O"}, "tags-in-one-string"),
        ({"tokens": [], "ner_tags": []}, "empty-record"),
        (["just", "words"], "no-tokens"),
    ],
)
def test_records_of_words(tmp_path: Path, record: Any, kind: str) -> None:
    good = {"tokens": ["Bell", "left"], "ner_tags": ["B-PER", "O"]}
    text = "\n".join(map(json.dumps, [good, record, good]))
    found, log = read(tmp_path, text, "json-tokens")
    assert (log.counts, lines_of(log, kind)) == ({kind: 1}, [2])
    assert [found[0].tokens, found[-1].tokens] == [("Bell", "left")] * 2


def test_numbers_beyond_the_names_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "label_names.json").write_text('["O", "B-PER"]')
    rows = [{"tokens": ["a", "b"], "ner_tags": tags} for tags in ([1, 0], [7, -100], [0, 1])]
    found, log = read(tmp_path, "\n".join(map(json.dumps, rows)), "json-tokens")
    assert [each.tags for each in found] == [("B-PER", "O"), ("O", "B-PER")]
    assert log.counts == {"id-out-of-range": 2}


def test_numbers_without_names_are_read_as_names(tmp_path: Path) -> None:
    text = '{"tokens": ["a", "b"], "ner_tags": [1, 0]}\n' * 3
    found, log = read(tmp_path, text, "json-tokens")
    assert [each.tags for each in found] == [("1", "0")] * 3
    assert log.counts == {"ids-without-names": 1}
    with pytest.raises(DataError, match="nothing says what they mean"):
        read(tmp_path, text, "json-tokens", strict=True)


def test_labels_of_whole_texts_are_told(tmp_path: Path) -> None:
    text = '{"text": "What a day", "label": 1}\n' * 2
    assert read(tmp_path, text, "json-tokens")[1].counts == {"label-of-sentence": 2}
    assert read(tmp_path, text, "json-spans")[1].counts == {"label-of-sentence": 2}
    with pytest.raises(DataError, match=r"`label` is one label for all words \(1\)"):
        read(tmp_path, text, "json-tokens", strict=True)


TEXT = "Anna Bell left Oslo\nand Rome."


@pytest.mark.parametrize(
    ("spans", "kind", "count"),
    [
        ([[0, 99, "X"]], "span-out-of-range", 1),
        ([[-3, 4, "X"], [9, 0, "X"]], "span-out-of-range", 2),
        ([[0, 4], "x", {"start": 0}], "broken-span", 3),
        ([[0, 9, "X"], [5, 9, "Y"]], "overlapping-spans", 1),
        ([[0, 9, "X"], [5, 14, "Y"]], "crossing-spans", 1),
        ([[1, 9, "X"], [10, 13, "Y"]], "span-inside-word", 2),
        ([[15, 23, "X"]], "span-over-lines", 1),
        ([[4, 5, "X"]], "empty-span", 1),
        ([[0, 4, "X"]] * 3, "repeated-span", 2),
        ([[0, 5, "X"]], "white-space-in-span", 1),
    ],
)
def test_spans(tmp_path: Path, spans: list[Any], kind: str, count: int) -> None:
    good = {"text": TEXT, "label": [[0, 9, "PER"]]}
    text = "\n".join(map(json.dumps, [good, {"text": TEXT, "label": spans}, good]))
    found, log = read(tmp_path, text, "json-spans")
    assert len(found) == 3
    assert log.counts == {kind: count}
    assert set(lines_of(log, kind)) == {2}


HEAD = "Sentence #,Word,POS,Tag\nSentence: 1,Anna,NNP,B-PER\n"


@pytest.mark.parametrize(
    ("rows", "kind", "line", "expected"),
    [
        (",1,000,CD,O\n,left,VBD,O\n", "ragged-line", 3, "Anna left"),
        (",left\n,too,RB,O\n", "ragged-line", 3, "Anna too"),
        (',",``,O\n,left,VBD,O\n', "unclosed-quote", 3, 'Anna " left'),
        (",\",``,O\n,left,VBD,O\n,\",'',O\n,too,RB,O\n", "unclosed-quote", 3, 'Anna " left " too'),
        (",left,VBD,\n,too,RB,O\n", "missing-tag", 3, "Anna too"),
        ("Sentence #,Word,POS,Tag\n,left,VBD,O\n", "repeated-header", 3, "Anna left"),
        (",left,VBD, O\n", "white-space-in-tag", 3, "Anna left"),
    ],
)
def test_rows_of_words(tmp_path: Path, rows: str, kind: str, line: int, expected: str) -> None:
    found = read(tmp_path, HEAD + rows + "Sentence: 2,Bell,NNP,B-PER\n", "kaggle-csv")
    assert words(found) == [expected, "Bell"]
    assert lines_of(found[1], kind)[0] == line
    assert set(found[1].counts) == {kind}


@pytest.mark.parametrize("rows", [",1,000,CD,O\n", ',",``,O\n,left,VBD,O\n'])
def test_a_training_stops_at_rows_that_would_be_read_wrongly(tmp_path: Path, rows: str) -> None:
    with pytest.raises(DataError, match="line 3: "):
        read(tmp_path, HEAD + rows, "kaggle-csv", strict=True)


def test_many_unclosed_quotes_take_no_longer_than_the_file(tmp_path: Path) -> None:
    rows = HEAD + ',",``,O\n,left,VBD,O\n' * 20_000
    found, log = read(tmp_path, rows, "kaggle-csv")
    assert len(found[0].tokens) == 40_001
    assert log.counts == {"unclosed-quote": 20_000}


def test_texts_over_several_lines_are_no_defect(tmp_path: Path) -> None:
    text = 'text,entities\n"Anna\nleft","[[0, 4, \'PER\']]"\n"Bell ""too""",[]\n'
    found = read(tmp_path, text, "csv-sentences")
    assert words(found) == ["Anna left", 'Bell " too "']
    assert found[1].counts == {}


def test_a_row_of_nulls_does_not_hide_the_columns(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"tokens": [None, ["Anna"]], "ner_tags": [None, ["B-PER"]]})
    path = tmp_path / "data.parquet"
    parquet.write_table(table, path)
    log = ReadingLog(strict=False)
    found = list(find_format(path).read(path, ReadOptions(), log))
    assert [each.tokens for each in found] == [("Anna",)]
    assert log.counts == {"no-tokens": 1}


def test_clean_files_have_no_problems(tmp_path: Path) -> None:
    samples = Path(__file__).parents[2] / "data" / "formats"
    for path in samples.iterdir():
        found = find_format(path)
        log = ReadingLog(strict=False)
        split = next(iter(found.splits(path)), None)
        assert len(list(found.read(path, ReadOptions(split=split), log))) == 2
        assert log.counts == {}
