"""Rows of Arrow tables as records; pyarrow is imported only when a table is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnostics.data_format import Columns, ReadingLog
from diagnostics.errors import DataError
from diagnostics.label_names import names_in
from diagnostics.span_records import SPAN_KEYS, TEXT_KEYS, SpanRecords, raw_record
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.token_records import TAG_KEYS, TOKEN_KEYS, TokenRecords, token_keys

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_batches", "reading", "table_sentences"]

ROWS_AT_ONCE = 1_000
TELLING_ROWS = 50


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what pyarrow raises into a `DataError`, also when it is not installed."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise DataError(
            f"{path} can only be read with the package pyarrow, which is not installed.",
            "Install it with `pip install pyarrow`.",
        ) from error
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        reason = str(error).split("\n")[0][:200]
        raise DataError(
            f"{path} cannot be read as an Arrow table: {reason}.",
            "It may be cut off or damaged: write or copy it again.",
        ) from error


def arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Record batches of an Arrow file, in the file or the stream form.

    Raises:
        DataError: If pyarrow is missing or the file is damaged.
    """
    with reading(path):
        import pyarrow as pa

        with pa.memory_map(str(path)) as source:
            try:
                batches: Iterable[pa.RecordBatch] = pa.ipc.open_stream(source)
            except pa.ArrowInvalid:
                source.seek(0)
                file = pa.ipc.open_file(source)
                batches = (file.get_batch(number) for number in range(file.num_record_batches))
            yield from batches


def table_sentences(
    path: Path, batches: Iterator[pa.RecordBatch], columns: Columns, log: ReadingLog
) -> Iterator[Sentence]:
    """Sentences of a table with words and tags, or with texts and spans, one per row.

    Line numbers are row numbers from 1.

    Raises:
        DataError: If the columns hold neither, or at the first defect when strict.
    """
    batches = (_sound(path, batch) for batch in batches)
    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None:
        return iter(())
    with reading(path):
        row = _telling_row(first, columns)
    records = _records(path, chain([first], batches), _wanted(row, columns))
    keys = token_keys(row, columns)
    if keys is not None:
        names = _feature_names(first.schema.metadata, keys[1])
        return TokenRecords(path, columns, log, names).sentences(records)
    if raw_record(row, columns) is not None:
        return SpanRecords(path, columns, log).sentences(records)
    raise DataError(
        f"{path} holds no words with tags and no texts with spans; its columns are "
        f"{', '.join(list(row)[:12])}.",
        "Choose the columns with `--columns token=NAME,tag=NAME`.",
    )


def _sound(path: Path, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch, once its offsets are known to lie inside its buffers: a damaged file's need not.

    Raises:
        DataError: If they do not.
    """
    with reading(path):
        batch.validate(full=True)
    return batch


def _telling_row(batch: pa.RecordBatch, columns: Columns) -> dict[str, Any]:
    """The first of the beginning rows that tells which columns hold what; the very first else."""
    rows: list[dict[str, Any]] = batch.slice(0, TELLING_ROWS).to_pylist()
    fitting = (row for row in rows if token_keys(row, columns) or raw_record(row, columns))
    return next(fitting, rows[0])


def _wanted(row: dict[str, Any], columns: Columns) -> list[str]:
    known = {*TOKEN_KEYS, *TAG_KEYS, *TEXT_KEYS, *SPAN_KEYS, "answer", columns.token, columns.tag}
    return [name for name in row if name in known]


def _records(
    path: Path, batches: Iterable[pa.RecordBatch], wanted: list[str]
) -> Iterator[tuple[int, Any]]:
    number = 0
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            with reading(path):
                rows = batch.select(wanted).slice(start, ROWS_AT_ONCE).to_pylist()
            for row in rows:
                number += 1
                yield number, row


def _feature_names(metadata: dict[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """Names of the numbered labels of a column, as `datasets` writes them into the schema."""
    try:
        described = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        return names_in(described["info"]["features"][column], column)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
