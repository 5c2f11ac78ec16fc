"""Exports of annotation tools: the same text and spans in the shape of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.formats.json_spans import JsonSpansFormat
from diagnostics.subjects.labelled_data import Sentence

TEXT = "Anna Bell left Oslo."
SPANS = [(0, 9, "PER"), (15, 19, "LOC")]
READ = (("Anna", "Bell", "left", "Oslo", "."), ("B-PER", "I-PER", "O", "B-LOC", "O"))
STARTS = [(0, 4), (5, 9), (10, 14), (15, 19), (19, 20)]


def read(
    folder: Path, value: Any, columns: str | None = None, *, strict: bool = True
) -> tuple[list[Sentence], ReadingLog]:
    path = folder / "data.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    log = ReadingLog(str(path), strict=strict)
    options = ReadOptions(columns=Columns.parse(columns))
    return list(JsonSpansFormat().read(path, options, log)), log


def objects(start: str, end: str, label: str, *, listed: bool = False) -> list[dict[str, Any]]:
    return [
        {start: span[0], end: span[1], label: [span[2]] if listed else span[2]} for span in SPANS
    ]


def label_studio(**version: Any) -> dict[str, Any]:
    values = objects("start", "end", "labels", listed=True)
    result = [{"value": value, "type": "labels", "from_name": "label"} for value in values]
    result.append({"type": "choices", "value": {"choices": ["news"]}})
    return {"id": 1, "data": {"text": TEXT}, "annotations": [{"result": result, **version}]}


EXPORTS = {
    "doccano-label": [{"id": 1, "text": TEXT, "label": SPANS}],
    "doccano-labels": [{"id": 1, "text": TEXT, "labels": SPANS, "Comments": []}],
    "doccano-data": [{"id": 1, "data": TEXT, "label": SPANS}],
    "doccano-entities": [
        {"text": TEXT, "entities": objects("start_offset", "end_offset", "label"), "relations": []}
    ],
    "label-studio": [label_studio()],
    "label-studio-min": [{"text": TEXT, "label": objects("start", "end", "labels", listed=True)}],
    "spacy": [[TEXT, {"entities": SPANS}]],
    "spacy-classes": {"classes": ["PER"], "annotations": [[TEXT, {"entities": SPANS}], None]},
    "prodigy": [
        {
            "text": TEXT,
            "tokens": [
                {"text": TEXT[start:end], "start": start, "end": end, "id": number}
                for number, (start, end) in enumerate(STARTS)
            ],
            "spans": [
                {"start": 0, "end": 9, "token_start": 0, "token_end": 1, "label": "PER"},
                {"start": 15, "end": 19, "token_start": 3, "token_end": 3, "label": "LOC"},
            ],
            "answer": "accept",
        }
    ],
    "dataturks": [
        {
            "content": TEXT,
            "annotation": [
                {"label": [kind], "points": [{"start": start, "end": end - 1}]}
                for start, end, kind in SPANS
            ],
        }
    ],
    "types": [{"sentence": TEXT, "entities": objects("start", "end", "entity_type")}],
}


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("as_lines", [True, False])
def test_exports(tmp_path: Path, name: str, *, as_lines: bool) -> None:
    value = EXPORTS[name]
    if as_lines and isinstance(value, list):
        value = "\n".join(map(json.dumps, value))
    sentences, _ = read(tmp_path, value)
    assert [(each.tokens, each.tags) for each in sentences] == [READ]
    assert sentences[0].text == TEXT
    assert find_format(tmp_path / "data.json").name == "json-spans"


@pytest.mark.parametrize(
    ("spans", "kind", "words", "tags"),
    [
        ([[0, 4, "PER"], [0, 9, "PER"]], "overlapping-spans", READ[0], "B-PER I-PER O O O"),
        ([[0, 4, "PER"], [0, 4, "PER"]], "repeated-span", READ[0], "B-PER O O O O"),
        ([[0, 6, "PER"]], "span-inside-word", ("Anna", "B", "ell"), "B-PER I-PER O O O O"),
        ([[4, 10, "PER"]], "white-space-in-span", READ[0], "O B-PER O O O"),
        ([[4, 5, "PER"]], "empty-span", READ[0], "O O O O O"),
    ],
)
def test_spans_that_do_not_fit_are_noted(
    tmp_path: Path, spans: list[Any], kind: str, words: tuple[str, ...], tags: str
) -> None:
    sentences, log = read(tmp_path, [{"text": TEXT, "label": spans}])
    assert log.counts == {kind: 1}
    assert sentences[0].tokens[: len(words)] == words
    assert " ".join(sentences[0].tags) == tags


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({"text": TEXT, "label": [[0, 99, "PER"]]}, "0-99 .PER. does not lie in the text of 20"),
        ({"text": TEXT, "label": [[9, 0, "PER"]]}, "does not lie in the text"),
        ({"text": TEXT, "label": [[0, "9", "PER"]]}, "no span with start, end and label"),
        ({"text": TEXT, "label": [[0, 9]]}, "no span with start, end and label"),
        ({"text": TEXT, "label": [{"start": 0, "end": 9}]}, "no span with start"),
        ({"label": [[0, 9, "PER"]]}, "no text with spans; its keys are `label`"),
        ({"text": TEXT, "label": "positive"}, "no text with spans"),
        ("just a string", "no text with spans"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, record: Any, complaint: str) -> None:
    good = {"text": TEXT, "label": SPANS}
    lines = "\n".join(map(json.dumps, [good, record, good]))
    with pytest.raises(DataError, match=f"line 2: .*{complaint}"):
        read(tmp_path, lines)
    sentences, log = read(tmp_path, lines, strict=False)
    assert len(sentences) >= 2
    assert sum(log.counts.values()) == 1


def test_rejected_and_unfinished_records_are_left_out(tmp_path: Path) -> None:
    rejected = {"text": TEXT, "spans": [], "answer": "reject"}
    cancelled = label_studio(was_cancelled=True)
    sentences, log = read(tmp_path, [rejected, cancelled, label_studio()])
    assert len(sentences) == 1
    assert log.counts == {"skipped-record": 2}


def test_of_several_annotators_the_first_or_the_ground_truth_counts(tmp_path: Path) -> None:
    task = label_studio()
    other = label_studio(ground_truth=True)["annotations"][0]
    task["annotations"] = [{"result": []}, other]
    sentences, log = read(tmp_path, [task])
    assert sentences[0].tags == READ[1]
    assert log.counts == {"several-annotations": 1}


def test_chosen_keys(tmp_path: Path) -> None:
    record = {"text": "other", "title": TEXT, "marks": SPANS, "label": []}
    sentences, _ = read(tmp_path, [record], "token=title,tag=marks")
    assert (sentences[0].tokens, sentences[0].tags) == READ
