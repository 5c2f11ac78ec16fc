"""JSON or JSON Lines with labelled spans: doccano, Label Studio, spaCy, Prodigy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.json_records import complete_values, json_records
from diagnostics.span_records import SPAN_KEYS, TEXT_KEYS, SpanRecords, raw_record
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.text_file import TextFile
from diagnostics.text_head import decode_head

__all__ = ["JsonSpansFormat"]

WRAPPER_KEYS = ("annotations", "data", "examples", "documents", "tasks", "records", "items")


class JsonSpansFormat(DataFormat):
    """A text per record, with spans as lists or objects of start, end and label."""

    name: ClassVar[str] = "json-spans"
    title: ClassVar[str] = (
        'JSON or JSON Lines with {"text": ..., "entities": [[start, end, label], ...]} '
        "(doccano, Label Studio, spaCy, Prodigy)"
    )

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the first record holds a text and spans; else the names of the keys count."""
        del path
        text = decode_head(head)
        if not text or text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
            return None
        inner = [record for value in complete_values(text) for _, record in _unwrapped(0, value)]
        if any(raw_record(record, Columns()) for record in inner):
            return 0.8
        keys = set(re.findall(r'"(\w+)"\s*:', text))
        spans = bool(keys & {*SPAN_KEYS, "start", "completions"})
        return 0.5 if spans and (keys & set(TEXT_KEYS) or not inner) else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per text; IOB2 tags.

        Raises:
            DataError: At the first record without a text with spans when strict.
        """
        values = json_records(TextFile.inspect(path, log), log)
        records = (pair for line, value in values for pair in _unwrapped(line, value))
        return SpanRecords(path, options.columns, log).sentences(records)


def _unwrapped(line: int, value: Any) -> Iterator[tuple[int, Any]]:
    """The records inside a value: itself, or those in a list under a known key."""
    if isinstance(value, Mapping) and raw_record(value, Columns()) is None:
        for key in WRAPPER_KEYS:
            inner = value.get(key)
            if isinstance(inner, list) and any(raw_record(each, Columns()) for each in inner[:50]):
                yield from ((line, each) for each in inner)
                return
    yield line, value
