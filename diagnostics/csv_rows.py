"""Rows of a CSV file with a header, read in flat memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError
from diagnostics.text_file import TextFile, decode_head

__all__ = ["chosen_column", "csv_rows", "head_rows"]

SEPARATORS = (",", "\t", ";", "|")
LARGEST_CELL = 1 << 24
SHOWN_COLUMNS = 12


def head_rows(head: bytes) -> list[list[str]]:
    """The header and the first complete rows of a CSV file; empty when it is none."""
    text = decode_head(head)
    if not text:
        return []
    lines = re.split(r"\r*\n|\r+", text.lstrip("\ufeff"))
    separator = _separator(lines[0])
    try:
        return list(csv.reader([f"{line}\n" for line in lines[:200]], delimiter=separator))
    except csv.Error:
        return []


def _separator(header: str) -> str:
    return max(SEPARATORS, key=header.count)


def csv_rows(path: Path, log: ReadingLog) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and rows, the header first; blank rows are left out.

    Raises:
        DataError: If the file is no text, has no header, or quotes that never close.
    """
    text = TextFile.inspect(path, log)
    header = next((line for _, line in text.lines() if line.strip()), None)
    if header is None:
        raise DataError(f"{path} holds no lines with text.")
    separator = _separator(header)
    log.fact("separator", {"\t": "tab", ",": "comma", ";": "semicolon"}.get(separator, separator))
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader((f"{line}\n" for _, line in text.lines()), delimiter=separator)
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {start}: {error}; a quotation mark that opens here may never close.",
            'Write a quotation mark inside a cell twice ("").',
        ) from error


def chosen_column(
    chosen: str | None, header: Sequence[str], names: Sequence[str] | frozenset[str]
) -> int | None:
    """The number of the column that the user chose, or that has one of the usual names.

    Args:
        chosen: Name or number of a column, or None.
        header: Names of the columns as in the file.
        names: Usual names in small letters; the first one found in this order is taken.

    Returns:
        The number, or None when nothing was chosen and no usual name is there.

    Raises:
        DataError: If the chosen column does not exist.
    """
    lowered = [name.strip().lower() for name in header]
    if chosen is None:
        return next((lowered.index(name) for name in names if name in lowered), None)
    if chosen.lower() in lowered:
        return lowered.index(chosen.lower())
    if re.fullmatch(r"-?\d{1,6}", chosen) and -len(header) <= int(chosen) < len(header):
        return int(chosen) % len(header)
    raise DataError(
        f"There is no column `{chosen}`; the columns are {', '.join(header[:SHOWN_COLUMNS])}.",
        "Choose one of them by its name, or by its number from 0.",
    )
