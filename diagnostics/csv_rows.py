"""Rows of a CSV file with a header, read in flat memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError
from diagnostics.text_file import LONGEST_TABLE_LINE, TextFile
from diagnostics.text_head import decode_head

__all__ = ["chosen_column", "csv_rows", "head_rows"]

SEPARATORS = (",", "\t", ";", "|")
LARGEST_CELL = 1 << 24
SHOWN_COLUMNS = 12
LONGEST_ROW = 10_000
"""Lines that a row may take, as its cells may hold line breaks."""

QUOTE_HINT = 'Put a cell with a comma in quotes, and write a quotation mark inside it twice ("").'


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


def csv_rows(
    path: Path, log: ReadingLog, *, line_per_row: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and rows, the header first; blank rows are left out.

    A row that does not end within `LONGEST_ROW` lines has a quotation mark too many. A check then
    takes the marks of its first line for characters and goes on with the next line.

    Args:
        path: The file.
        log: What is found goes there.
        line_per_row: Whether cells hold words, so that line breaks in them are rare: then a line
            with as many separators as the header is a row by itself, whatever marks are open.

    Raises:
        DataError: If the file is no text, has no header, or quotes that never close.
    """
    text = TextFile.inspect(path, log)
    longest = LONGEST_TABLE_LINE if line_per_row else None
    header = next((line for _, line in text.lines(longest) if line.strip()), None)
    if header is None:
        raise DataError(f"{path} holds no lines with text.")
    separator = _separator(header)
    log.fact("separator", {"\t": "tab", ",": "comma", ";": "semicolon"}.get(separator, separator))
    csv.field_size_limit(LARGEST_CELL)
    names: list[str] | None = None
    source = _Lines(
        text.lines(longest), separator, header.count(separator) if line_per_row else None
    )
    for start, row in _rows(source, log):
        if not any(cell.strip() for cell in row):
            continue
        if names is None:
            names = row
        elif row == names:
            log.note("repeated-header", "A row names the columns once more.", start)
            continue
        elif len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            message = f"{len(row)} cells where the header has {len(names)}."
            log.defect("ragged-line", message, start, QUOTE_HINT)
            continue
        yield start, row


def _rows(source: _Lines, log: ReadingLog) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and rows; a row that does not close is taken apart."""
    while source.more():
        reader = csv.reader(source, delimiter=source.separator)
        start = source.begin_row()
        try:
            for row in reader:
                if source.open_at_end():
                    raise csv.Error("unexpected end of data")
                yield start, row
                start = source.begin_row()
        except csv.Error as error:
            log.defect(
                "unclosed-quote",
                f"{error}; a quotation mark that opens here may never close.",
                start,
                QUOTE_HINT,
            )
            line = source.back_to_second_line()
            yield start, [_unquoted(cell) for cell in line.split(source.separator)]


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 2 and cell[0] == cell[-1] == '"' else cell


class _Lines:
    """Lines for a CSV reader, which can be given back from the second of a row on.

    Args:
        lines: Line numbers and lines.
        separator: What stands between two cells.
        of_a_row: Separators that make a line a row by itself; None where cells hold texts.
    """

    def __init__(
        self, lines: Iterator[tuple[int, str]], separator: str, of_a_row: int | None
    ) -> None:
        self.lines = lines
        self.separator = separator
        self.of_a_row = of_a_row
        self.returned: list[tuple[int, str]] = []
        self.row: list[tuple[int, str]] = []
        self.next_number = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= LONGEST_ROW:
            raise csv.Error(f"a row takes more than {LONGEST_ROW} lines")
        number, line = self.returned.pop() if self.returned else next(self.lines)
        if self.row and self.of_a_row is not None and line.count(self.separator) >= self.of_a_row:
            self.returned.append((number, line))
            raise csv.Error("the next row begins before this one ends")
        self.next_number = number + 1
        self.row.append((number, line))
        return f"{line}\n"

    def more(self) -> bool:
        """Whether there is another line."""
        if self.returned:
            return True
        following = next(self.lines, None)
        self.returned = [] if following is None else [following]
        return bool(self.returned)

    def begin_row(self) -> int:
        """Forget the lines of the row before; return the number of the next line."""
        self.row.clear()
        return self.next_number

    def open_at_end(self) -> bool:
        """Whether the row ended only because the file did: it has an odd number of quotes."""
        if len(self.row) < 2:
            return False
        return not self.more() and sum(line.count('"') for _, line in self.row) % 2 == 1

    def back_to_second_line(self) -> str:
        """Give all lines of the row back but the first, which is returned."""
        (first, line), *others = self.row
        self.returned.extend(reversed(others))
        self.next_number = first + 1
        self.row.clear()
        return line


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
