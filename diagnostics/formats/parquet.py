"""Parquet and Arrow files, one sentence or text per row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from diagnostics.arrow_records import arrow_batches, reading, table_sentences
from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.subjects.labelled_data import Sentence

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ParquetFormat"]

PARQUET, ARROW_FILE, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
ROWS_AT_ONCE = 1_000


class ParquetFormat(DataFormat):
    """Columns with lists of words and tags, or with a text and its spans."""

    name: ClassVar[str] = "parquet"
    title: ClassVar[str] = "Parquet or Arrow with the columns tokens and ner_tags"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure by the first bytes; a file that only has the extension may be damaged."""
        if head.startswith((PARQUET, ARROW_FILE, ARROW_STREAM)):
            return 0.95
        return 0.2 if path.suffix.lower() in (".parquet", ".arrow", ".feather") and head else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per row; names of numbered tags come from the schema.

        Raises:
            DataError: If pyarrow is missing, the file is damaged, or the columns do not fit.
        """
        is_parquet = path.suffix.lower() == ".parquet" or _starts_as_parquet(path)
        batches = _parquet_batches(path) if is_parquet else arrow_batches(path)
        return table_sentences(path, batches, options.columns, log)


def _starts_as_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == PARQUET


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with reading(path):
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=ROWS_AT_ONCE)
