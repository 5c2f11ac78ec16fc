"""Writes Parquet with lists of words and tags; pyarrow is imported only when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.writers._text import refuse_loose_tags

__all__ = ["ParquetWriter"]

_ROWS_AT_ONCE = 1_000


class ParquetWriter(DataWriter):
    """Columns `tokens` and `ner_tags`, as `datasets` reads it."""

    name: ClassVar[str] = "parquet"
    title: ClassVar[str] = "Parquet with the columns tokens and ner_tags"
    suffix: ClassVar[str] = ".parquet"

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write one row per sentence.

        Raises:
            DataError: pyarrow is missing, or a tag is empty or has white space at an edge.
        """
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise DataError(
                "Parquet can only be written with the package pyarrow, which is not installed.",
                "Install it with `pip install pyarrow`, or choose json-tokens.",
            ) from error
        lists = pa.list_(pa.string())
        schema = pa.schema([("tokens", lists), ("ner_tags", lists)])
        try:
            with pq.ParquetWriter(path, schema) as file:
                for rows in _batches(sentences):
                    tokens = [list(each.tokens) for each in rows]
                    tags = [list(each.tags) for each in rows]
                    file.write_table(pa.table([tokens, tags], schema=schema))
        except (pa.ArrowException, OSError, UnicodeError) as error:
            reason = str(error).split("\n")[0][:200]
            raise DataError(f"{path} cannot be written: {reason}.") from error


def _batches(sentences: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    """Rows in groups; tags are looked at on the way."""
    source = iter(sentences)
    while rows := list(islice(source, _ROWS_AT_ONCE)):
        for sentence in rows:
            refuse_loose_tags(sentence, "parquet")
        yield rows
