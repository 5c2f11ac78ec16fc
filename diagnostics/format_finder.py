"""Finds the format of a data file or folder."""

from __future__ import annotations

import functools
from pathlib import Path

from diagnostics.catalogue import units
from diagnostics.data_format import DataFormat
from diagnostics.errors import DataError
from diagnostics.text_head import decode_head, read_head

__all__ = ["data_formats", "find_format", "guess_format"]


@functools.cache
def data_formats() -> tuple[DataFormat, ...]:
    """All known data formats, sorted by the names of their files."""
    return units("diagnostics.formats", DataFormat)  # type: ignore[type-abstract]


def find_format(path: Path, name: str | None = None) -> DataFormat:
    """The format that is surest of a file or folder.

    Args:
        path: What to read; need not exist (a hub id).
        name: The format's name where the user chose one; then nothing is guessed.

    Raises:
        DataError: If `name` is unknown, or the file is empty, unreadable, an archive, or of no
            known format.
    """
    if name is not None:
        return _named(name)
    head = read_head(path) if path.exists() and not path.is_dir() else b""
    candidate = _surest(path, head)
    if candidate is None:
        raise _unknown(path, head)
    return candidate


def guess_format(path: Path) -> DataFormat | None:
    """The format that is surest of a file or folder, or None when none is."""
    try:
        head = read_head(path) if path.is_file() else b""
    except DataError:
        return None
    return _surest(path, head)


def _surest(path: Path, head: bytes) -> DataFormat | None:
    sure = [
        (found, candidate) for candidate in data_formats() if (found := candidate.find(path, head))
    ]
    return max(sure, key=lambda pair: pair[0], default=(0.0, None))[1]


def _named(name: str) -> DataFormat:
    for candidate in data_formats():
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in data_formats())
    raise DataError(f"There is no data format `{name}`.", f"Known formats: {known}.")


def _unknown(path: Path, head: bytes) -> DataError:
    if not path.exists():
        return DataError(
            f"{path} does not exist.", "Check the path; the id of a hub data set is `owner/name`."
        )
    text = decode_head(head)
    if path.is_dir():
        seen = "it is a folder without a known index file"
    elif text is None:
        seen = "it is binary"
    else:
        seen = f"it starts with {text.lstrip()[:60]!r}"
    known = "; ".join(candidate.title for candidate in data_formats())
    return DataError(
        f"{path} is in none of the known formats: {seen}.",
        f"Expected one of: {known}. Name it with `--data-format`, its columns with `--columns`.",
    )
