"""Finds blocks of printed lines that belong together: tables, reports, tracebacks, headers."""

from __future__ import annotations

import re

from diagnostics.failure_messages import recognise_all
from diagnostics.readers._printed_block import MOST_LINES, Block, Gatherer
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_tables import ClassificationReport, ProgressTable
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


class _Traceback(Block):
    """A Python traceback up to the line that names the error."""

    def __init__(self, text: str) -> None:
        self._lines = [text]
        self._ended = False

    def take(self, line: str) -> bool:
        if self._ended and not line.startswith("Tried to allocate"):
            return False
        self._ended = self._ended or not line.startswith((" ", "\t", "Traceback"))
        if len(self._lines) < MOST_LINES:
            self._lines.append(line)
        elif self._ended:
            self._lines[-1] = line
        return True

    def tell(self, log: Gatherer) -> None:
        for event in recognise_all("\n".join(line[:4000] for line in self._lines), most=5):
            log.event(event)


def block_of(line: str) -> Block | None:
    """Return the block that a line begins, None when it begins none."""
    if "***" in line and (stars := _STARS.search(line)) is not None:
        title = stars[1].lower()
        return Header(title) if title.startswith("running") else Metrics(title)
    if "Traceback (most recent call last)" in line:
        return _Traceback(line)
    if "(" in line and (call := _CALL.search(line)) is not None:
        return Arguments(line[call.end() :])
    if ClassificationReport.begins(line):
        return _Report()
    table = ProgressTable.of_line(line)
    return None if table is None else _Table(table)
