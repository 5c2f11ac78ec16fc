"""A small table that reports show: laid out here for a terminal, by Markdown for itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.report._text import clean

__all__ = ["Table", "table_rows"]

_LONGEST_CELL = 40
_BAR = "█"
_PLAIN_BAR = "#"
_NARROWEST_BAR = 8
_WIDEST_BAR = 30
_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells in rows. Whatever strangers wrote may stand in a cell: who shows it escapes it.

    Attributes:
        head: Name of each column; the first one says what the rows are.
        rows: As many cells as the head has in each.
        bars: One share between 0 and 1 per row, which a terminal draws behind it; empty for none.
        rest: What was left out, as a sentence; empty when nothing was.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[float, ...] = ()
    rest: str = ""


def table_rows(table: Table, *, width: int, plain: bool = False) -> list[str]:
    """Return a table as aligned lines: numbers to the right, everything else to the left.

    Args:
        table: What to show.
        width: Cells per line; bars take what is left of it, and long names are cut.
        plain: Draw bars with ASCII signs only.
    """
    cells = [[clean(cell) for cell in row] for row in (table.head, *table.rows)]
    rights = [_is_number_column(cells[1:], column) for column in range(len(table.head))]
    widths = _widths(cells, width)
    bars = _bars(table.bars, width - sum(widths) - len(_GAP) * len(widths) - 1, plain=plain)
    lines = [_line(row, widths, rights) for row in cells]
    drawn = [f"{line}{_GAP}{bar}".rstrip() for line, bar in zip(lines[1:], bars, strict=False)]
    return [lines[0].rstrip(), *(drawn or [line.rstrip() for line in lines[1:]])]


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the width of each column; the widest gives way where the line is too long."""
    widths = [min(_LONGEST_CELL, max(map(_cells, column))) for column in zip(*cells, strict=True)]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > width - 1 and max(widths) > len(_GAP):
        widths[widths.index(max(widths))] -= 1
    return widths


def _is_number_column(rows: Sequence[Sequence[str]], column: int) -> bool:
    return bool(rows) and all(row[column][:1].isdigit() or not row[column] for row in rows)


def _line(row: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> str:
    shown = (_fitting(cell, room) for cell, room in zip(row, widths, strict=True))
    return _GAP.join(
        _padded(cell, room, right=right)
        for cell, room, right in zip(shown, widths, rights, strict=True)
    )


def _padded(cell: str, room: int, *, right: bool) -> str:
    padding = " " * (room - _cells(cell))
    return padding + cell if right else cell + padding


def _fitting(cell: str, room: int) -> str:
    if _cells(cell) <= room:
        return cell
    while cell and _cells(cell) >= room:
        cell = cell[:-1]
    return f"{cell}~"


def _cells(text: str) -> int:
    """Return how many cells of a terminal a text takes: signs of East Asia two, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def _bars(shares: Sequence[float], room: int, *, plain: bool) -> list[str]:
    """Return a bar per share, none where there is no room for them; a share above 0 is seen."""
    if room < _NARROWEST_BAR:
        return []
    sign, most = (_PLAIN_BAR if plain else _BAR), min(room, _WIDEST_BAR)
    return [sign * max(round(share * most), int(share > 0)) for share in shares]
