"""Finds the writer of a format, and makes sure that what it wrote reads back the same."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

from diagnostics.catalogue import units
from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["data_writers", "find_writer", "write_and_compare"]


@functools.cache
def data_writers() -> tuple[DataWriter, ...]:
    """Return all writers, sorted by the names of their files. The folder is the list."""
    return units("diagnostics.writers", DataWriter)  # type: ignore[type-abstract]


def find_writer(name: str) -> DataWriter:
    """Return the writer of a format.

    Raises:
        DataError: No format of that name can be written.
    """
    for writer in data_writers():
        if writer.name == name:
            return writer
    known = ", ".join(writer.name for writer in data_writers())
    raise DataError(f"There is no format `{name}` to write.", f"Known are {known}.")


def write_and_compare(writer: DataWriter, sentences: Sequence[Sentence], path: Path) -> None:
    """Write a file, read it back as anybody would, and compare every word and tag.

    Raises:
        DataError: The format cannot hold a sentence; it names the first one.
    """
    writer.write(sentences, path)
    try:
        found = find_format(path)
        if found.name != writer.name:
            raise DataError(f"it reads like {found.name}.")
        log = ReadingLog(path.name)
        _compare(sentences, found.read(path, ReadOptions(), log))
    except DataError as error:
        raise DataError(
            f"The data cannot be written as {writer.name}: {error.message}",
            "Choose another format, such as json-tokens, or mend the data with `--fix OUT`.",
        ) from error


def _compare(written: Iterable[Sentence], read: Iterable[Sentence]) -> None:
    for number, (one, other) in enumerate(zip_longest(written, read), start=1):
        if one is None or other is None or (one.tokens, one.tags) != (other.tokens, other.tags):
            shown = " ".join((one or other).tokens)[:60]
            line = one.line if one else None
            place = f" (line {line} of the original)" if line else ""
            raise DataError(f"sentence {number}{place} would be read otherwise: {shown!r}.")
