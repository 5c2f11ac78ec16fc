"""The tables and the plain words of a piece of HTML, as notebooks keep them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Table", "tables_of"]

LARGEST = 1 << 18
"""Characters of HTML that are looked at: a progress table of a thousand epochs."""

_MOST_CELLS = 60
_MOST_ROWS = 10_000
_LONGEST_CELL = 200


@dataclass(slots=True)
class Table:
    """The text of a table's cells; the first row holds its headings."""

    rows: list[list[str]] = field(default_factory=list)


def tables_of(html: str) -> tuple[list[Table], str]:
    """Return the tables of a piece of HTML, and the text outside of them; nothing is fetched."""
    reader = _Reader()
    # The parser of the standard library asserts where a marked section has no name.
    with suppress(AssertionError):
        reader.feed(html[:LARGEST])
    return reader.tables, " ".join(reader.outside)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.outside: list[str] = []
        self._open: Table | None = None
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open = Table()
            self.tables.append(self._open)
        elif self._open is not None and tag == "tr" and len(self._open.rows) < _MOST_ROWS:
            self._end_cell()
            self._open.rows.append([])
        elif self._open is not None and tag in ("td", "th"):
            self._end_cell()
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if tag == "table":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        elif self._open is None and data.strip() and len(self.outside) < _MOST_CELLS:
            self.outside.append(data.strip()[:_LONGEST_CELL])

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text = "".join(self._cell).strip()[:_LONGEST_CELL]
        self._cell = None
        if self._open is not None and self._open.rows and len(self._open.rows[-1]) < _MOST_CELLS:
            self._open.rows[-1].append(text)
