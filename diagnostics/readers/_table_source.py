"""The rows of tables in text files, one by one, in flat memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import Any

from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError, DiagnosticsError
from diagnostics.readers._column_roles import MOST_COLUMNS
from diagnostics.readers._columns import meaning_of
from diagnostics.readers._table_head import Head, Values, json_object
from diagnostics.text_file import TextFile

__all__ = ["rows_of"]

_LONGEST_LINE = 1 << 20
_WRITTEN_NAME = re.compile(r"\"([^\"\\]{1,200})\"\s{0,9}:")


def rows_of(head: Head, notes: list[str]) -> tuple[tuple[str, ...], Iterator[Values]]:
    """Return the names of all columns, and the rows one by one.

    What is torn is left out; what was lost is added to `notes` once the rows were read.

    Raises:
        DiagnosticsError: The file cannot be read as text.
    """
    try:
        text = TextFile.inspect(head.path, ReadingLog(strict=False))
    except DataError as error:
        raise DiagnosticsError(error.message, "Give the log of a training.") from error
    if text.damaged_line is not None:
        notes.append(f"Line {text.damaged_line} and maybe more hold bytes that are no text.")
    if head.separator:
        return head.names, _delimited_rows(text, head, notes)
    columns = _all_names(text, head)
    values = ([found.get(name) for name in columns] for found in _json_rows(text, notes))
    return columns, values


def _all_names(text: TextFile, head: Head) -> tuple[str, ...]:
    """Return the names in the first lines, and of the others those that tell of a training.

    Only lines with a name that was not seen before are parsed for it.
    """
    names = dict.fromkeys(head.names)
    seen: set[str] = set(names)
    for line in _lines(text, []):
        written = _WRITTEN_NAME.findall(line)
        if not seen.issuperset(written) and len(seen) < MOST_COLUMNS:
            seen.update(written)
            found = json_object(line) or {}
            names.update(dict.fromkeys(name for name in found if meaning_of(name) is not None))
    return tuple(names)[:MOST_COLUMNS]


def _delimited_rows(text: TextFile, head: Head, notes: list[str]) -> Iterator[Values]:
    """Yield the rows after the header; a shorter last one was cut off while it was written."""
    width = len(head.names)
    header = list(head.names)
    before: Values | None = None
    headers = short = 0
    for cells in _split_lines(text, head, notes):
        if before is not None:
            yield before
            short += len(before) < width
        before = None
        if cells[0].strip() == header[0] and [cell.strip() for cell in cells] == header:
            headers += 1
        else:
            before = cells
    if before is not None and len(before) < width and not short:
        notes.append("The last line is cut off and was left out.")
    elif before is not None:
        yield before
    if headers:
        notes.append(f"The header stands there {headers + 1} times: the log was continued.")


def _split_lines(text: TextFile, head: Head, notes: list[str]) -> Iterator[list[str]]:
    """Yield the cells of every line after the header."""
    lines = _lines(text, notes)
    next(lines, None)
    separator = head.separator
    if not head.quoted:
        for line in lines:
            yield line.split(separator)
        return
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    try:
        yield from (cells for cells in reader if cells)
    except csv.Error as error:
        notes.append(f"What follows line {reader.line_num} could not be read: {error}.")


def _json_rows(text: TextFile, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    torn = 0
    for line in _lines(text, notes):
        found = json_object(line)
        if found is None:
            torn += 1
        else:
            yield found
    if torn:
        notes.append(f"{torn} {'line was' if torn == 1 else 'lines were'} torn and left out.")


def _lines(text: TextFile, notes: list[str]) -> Iterator[str]:
    """Yield the lines that are not blank; one of a megabyte is no row of a log."""
    long = 0
    try:
        for _, line in text.lines():
            if len(line) > _LONGEST_LINE:
                long += 1
            elif line and not line.isspace():
                yield line
    except (DataError, OSError) as error:
        notes.append(f"The rest of the file could not be read: {error}")
    if long:
        notes.append(f"{long} {'line was' if long == 1 else 'lines were'} too long for a log.")
