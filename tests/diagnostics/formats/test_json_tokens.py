"""JSON with words and tags: shapes of files, names of keys, numbered tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics import json_records
from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.formats.json_tokens import JsonTokensFormat
from diagnostics.subjects.labelled_data import Sentence

NAMES = ["O", "B-PER", "I-PER"]
ROWS = [
    {"tokens": ["Anna", "left"], "ner_tags": ["B-PER", "O"]},
    {"tokens": ["Bell", "too", "."], "ner_tags": ["B-PER", "O", "O"]},
]
READ = [(("Anna", "left"), ("B-PER", "O")), (("Bell", "too", "."), ("B-PER", "O", "O"))]


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "ner_tags": [NAMES.index(tag) for tag in row["ner_tags"]]} for row in rows]


def read(
    folder: Path,
    text: str,
    columns: str | None = None,
    split: str | None = None,
    log: ReadingLog | None = None,
) -> list[Sentence]:
    path = folder / "data.json"
    path.write_text(text, encoding="utf-8")
    options = ReadOptions(columns=Columns.parse(columns), split=split)
    return list(JsonTokensFormat().read(path, options, log or ReadingLog(str(path))))


def plain(sentences: list[Sentence]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(each.tokens, each.tags) for each in sentences]


LINES = "\n".join(map(json.dumps, ROWS))


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.replace("\n", "\r\n\r\n") + "\n",
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\ufeff" + json.dumps(ROWS),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
        json.dumps({"version": 3, "data": ROWS}),
        json.dumps({"tokens": [r["tokens"] for r in ROWS], "tags": [r["ner_tags"] for r in ROWS]}),
        LINES.replace("tokens", "words").replace("ner_tags", "labels"),
        LINES.replace('{"tokens', '{"id": 7, "pos_tags": [1, 2], "tokens'),
        json.dumps(
            [{"text": " ".join(r["tokens"]), "labels": " ".join(r["ner_tags"])} for r in ROWS]
        ),
        json.dumps([list(zip(r["tokens"], r["ner_tags"], strict=True)) for r in ROWS]),
        json.dumps({"label_names": NAMES, "data": numbered(ROWS)}),
        json.dumps({"features": {"ner_tags": {"names": NAMES}}, "data": numbered(ROWS)}),
    ],
)
def test_shapes(tmp_path: Path, text: str) -> None:
    assert plain(read(tmp_path, text)) == READ
    assert find_format(tmp_path / "data.json").name == "json-tokens"


def test_line_numbers(tmp_path: Path) -> None:
    assert [each.line for each in read(tmp_path, LINES.replace("\n", "\n\n"))] == [1, 3]
    assert [each.line for each in read(tmp_path, json.dumps(ROWS, indent=0))] == [2, 12]


def test_splits_in_one_file(tmp_path: Path) -> None:
    text = json.dumps({"train": ROWS[:1], "validation": ROWS[1:]})
    assert plain(read(tmp_path, text, split="validation")) == READ[1:]
    assert JsonTokensFormat().splits(tmp_path / "data.json") == ("train", "validation")


def test_chosen_keys(tmp_path: Path) -> None:
    text = json.dumps({"tokens": ["a"], "tags": ["O"], "form": ["Anna"], "gold": ["B-PER"]})
    assert plain(read(tmp_path, text, "token=form,tag=gold")) == [(("Anna",), ("B-PER",))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("label_names.json", json.dumps(NAMES)),
        ("label_list.json", json.dumps({"label_list": NAMES})),
        ("id2label.json", json.dumps(dict(enumerate(NAMES)))),
        ("label2id.json", json.dumps({name: number for number, name in enumerate(NAMES)})),
        ("labels.txt", "\n".join(NAMES) + "\n"),
        (
            "dataset_info.json",
            json.dumps(
                {
                    "features": {
                        "pos_tags": {"feature": {"names": ["X"], "_type": "ClassLabel"}},
                        "ner_tags": {"feature": {"names": NAMES, "_type": "ClassLabel"}},
                    }
                }
            ),
        ),
    ],
)
def test_names_beside_the_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert plain(read(tmp_path, json.dumps(numbered(ROWS)))) == READ


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (json.dumps(numbered(ROWS)), "are numbers, and nothing says what they mean"),
        (LINES.replace('"Anna", ', ""), "line 1: 1 word but 2 tags"),
        (LINES.replace('"Anna"', "null"), "line 1: a word or a tag is missing"),
        (LINES[:-10], "line 2: the file ends inside the record"),
        (json.dumps(ROWS)[:-1], "the list of records is not closed"),
        (LINES.replace("}\n", "\n"), "line 1: this is no JSON: Expecting ',' delimiter"),
        (LINES.replace("ner_tags", "gold"), "but saw `tokens`, `gold`"),
        ("[" * 100_000, "nested too deeply"),
        ('{"tokens": ' + "9" * 5000 + "}", "no JSON"),
        ("[]", ""),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    if not complaint:
        assert read(tmp_path, text) == []
        return
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, text)


def test_a_number_without_name_is_a_defect(tmp_path: Path) -> None:
    (tmp_path / "label_names.json").write_text('["O"]')
    with pytest.raises(DataError, match="the tag number 1 has no name: there are 1 names"):
        read(tmp_path, json.dumps(numbered(ROWS)))


def test_a_check_reads_on_behind_a_defect(tmp_path: Path) -> None:
    log = ReadingLog(strict=False)
    text = "\n".join([json.dumps(ROWS[0]), '{"tokens": [', '"x" : }', json.dumps(ROWS[1])])
    found = read(tmp_path, text.replace("[\n", "[ "), log=log)
    assert plain(found) == READ
    assert log.problems["broken-json"][0].line == 2


@given(
    st.lists(
        st.lists(st.tuples(st.text(min_size=1, max_size=9), st.sampled_from(NAMES)), min_size=1),
        min_size=1,
    ),
    st.booleans(),
    st.integers(1, 50),
)
def test_what_is_written_is_read_in_pieces_of_any_size(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[tuple[str, str]]],
    as_array: bool,
    size: int,
) -> None:
    records = [{"tokens": [w for w, _ in row], "ner_tags": [t for _, t in row]} for row in rows]
    text = json.dumps(records, indent=1) if as_array else "\n".join(map(json.dumps, records))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "CHUNK_CHARACTERS", size)
        found = read(tmp_path_factory.mktemp("pieces"), text)
    assert [list(zip(each.tokens, each.tags, strict=True)) for each in found] == rows
