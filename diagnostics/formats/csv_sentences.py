"""CSV with one sentence per row: words and tags, or a text and its spans, written as lists."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.csv_rows import chosen_column, csv_rows, head_rows
from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.span_records import LONGEST_LITERAL, SPAN_KEYS, TEXT_KEYS, SpanRecords, raw_record
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import LOOKS_TAGGED
from diagnostics.token_records import TAG_KEYS, TOKEN_KEYS, TokenRecords, token_keys

__all__ = ["CsvSentencesFormat"]

TEXT_NAMES = tuple(dict.fromkeys((*TOKEN_KEYS, *TEXT_KEYS)))
LABEL_NAMES = tuple(dict.fromkeys((*TAG_KEYS, *SPAN_KEYS)))


class CsvSentencesFormat(DataFormat):
    """A column with the words or the text, and one with its tags or a list of spans."""

    name: ClassVar[str] = "csv-sentences"
    title: ClassVar[str] = "CSV with one sentence per row and its tags or spans as a list"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the first row holds words and as many tags, or a text and spans."""
        del path
        rows = [row for row in head_rows(head) if row]
        if len(rows) < 2 or len(rows[0]) != len(rows[1]):
            return None
        columns = _columns(rows[0], Columns())
        if columns is None:
            return None
        record = _record(rows[1], columns)
        words = token_keys(record, Columns())
        fits = words and len(record[words[0]]) == len(record[words[1]]) > 0
        if fits and not any(_holds_sentence(row, columns) for row in rows[1:]):
            return None  # a word and its tag per row: a table of words
        return 0.85 if fits or raw_record(record, Columns()) else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per row.

        Raises:
            DataError: If a column is missing, or at the first defect when strict.
        """
        rows = csv_rows(path, log)
        _, header = next(rows, (0, []))
        columns = _columns(header, options.columns)
        if columns is None:
            raise DataError(
                f"{path} lacks a column for the words or the tags; its columns are "
                f"{', '.join(header[:12])}.",
                "Choose the columns with `--columns token=NAME,tag=NAME`.",
            )
        log.fact("columns", f"token={header[columns[0]]},tag={header[columns[1]]}")
        return _sentences(path, rows, columns, log)


def _holds_sentence(row: Sequence[str], columns: tuple[int, int]) -> bool:
    """Whether a row holds a list of tags, or several tags with blanks between them."""
    label = row[columns[1]].strip() if len(row) > max(columns) else ""
    return label.startswith("[") or len(label.split()) > 1


def _columns(header: Sequence[str], chosen: Columns) -> tuple[int, int] | None:
    text = chosen_column(chosen.token, header, TEXT_NAMES)
    label = chosen_column(chosen.tag, header, LABEL_NAMES)
    return None if text is None or label is None or text == label else (text, label)


def _sentences(
    path: Path,
    rows: Iterable[tuple[int, list[str]]],
    columns: tuple[int, int],
    log: ReadingLog,
) -> Iterator[Sentence]:
    tokens = TokenRecords(path, Columns(token="tokens", tag="tags"), log)
    spans = SpanRecords(path, Columns(), log)
    for line, row in rows:
        if len(row) <= max(columns):
            log.defect("ragged-line", f"{len(row)} cells, too few for the header.", line)
            continue
        record = _record(row, columns)
        is_words = token_keys(record, Columns(token="tokens", tag="tags"))
        yield from (tokens if is_words else spans).sentences([(line, record)])


def _record(row: Sequence[str], columns: tuple[int, int]) -> dict[str, Any]:
    """A row as a record of words and tags, or of a text and spans."""
    text, label = _cell(row[columns[0]]), _cell(row[columns[1]])
    plain = isinstance(label, list) and not any(isinstance(each, list | dict) for each in label)
    if isinstance(text, str) and plain and label:
        text = text.split(" ")
    if isinstance(text, str) and isinstance(label, list):
        return {"text": text, "entities": label}
    if isinstance(text, str) and _are_tags(label):
        return {"tokens": text.split(), "tags": label.split()}
    return {"tokens": text, "tags": label}


def _are_tags(label: Any) -> bool:
    """Whether a cell holds tags with blanks between them, such as `O B-PER I-PER`."""
    tags = label.split() if isinstance(label, str) else ()
    return bool(tags) and all(map(LOOKS_TAGGED.fullmatch, tags))


def _cell(cell: str) -> Any:
    """A cell, or the list that it holds as JSON or as Python writes it."""
    if cell.strip()[:1] != "[" or len(cell) > LONGEST_LITERAL:
        return cell
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return list(value) if isinstance(value, list | tuple) else cell
    return cell
