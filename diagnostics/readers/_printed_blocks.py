"""Finds blocks of printed lines that belong together: tables, reports, tracebacks, headers."""

from __future__ import annotations

import re

from diagnostics.readers._printed_block import Block, Gatherer
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_tables import ClassificationReport, ProgressTable
from diagnostics.readers._tracebacks import Traceback
from diagnostics.readers._trainer_blocks import Arguments, Header, Metrics

__all__ = ["block_of"]

_STARS = re.compile(r"\*{3,10} {0,3}([A-Za-z][\w :./-]{1,80}?) {0,3}\*{3,10}")
_CALL = re.compile(r"\b(?:\w{0,40}Arguments|Namespace)\(")
_MOST_ROWS = 10_000


class _Table(Block):
    """A progress table printed as text."""

    def __init__(self, table: ProgressTable) -> None:
        self._table = table
        self._rows: list[Row] = []

    def take(self, line: str) -> bool:
        if not line.strip(" -=+\t"):
            return True
        row = self._table.row_of_line(line)
        if row is None or len(self._rows) > _MOST_ROWS:
            return False
        self._rows.append(row)
        return True

    def tell(self, log: Gatherer) -> None:
        if self._rows:
            log.begin()
        for row in self._rows:
            log.add(row)


class _Report(Block):
    """A classification report."""

    def __init__(self) -> None:
        self._report = ClassificationReport()

    def take(self, line: str) -> bool:
        return self._report.take(line)

    def tell(self, log: Gatherer) -> None:
        if self._report.per_type:
            log.report(self._report)


def block_of(line: str, *, number: int = 1, before: str = "") -> Block | None:
    """Return the block that a line begins, None when it begins none.

    Args:
        line: The line.
        number: Where it stands.
        before: The line before it.
    """
    if "***" in line and (stars := _STARS.search(line)) is not None:
        title = stars[1].lower()
        return Header(title) if title.startswith("running") else Metrics(title)
    if Traceback.begins(line):
        return Traceback(line, number, before)
    if "(" in line and (call := _CALL.search(line)) is not None:
        return Arguments(line[call.end() :])
    if ClassificationReport.begins(line):
        return _Report()
    table = ProgressTable.of_line(line)
    return None if table is None else _Table(table)
