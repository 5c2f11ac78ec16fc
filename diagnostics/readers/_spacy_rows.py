"""The table that `spacy train` prints, found among the lines of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["SpacyTable", "is_spacy_header", "printed_config", "spacy_tables"]

_PIPELINE = re.compile(r"Pipeline: \[([^\]\n]{0,500})\]")
_RATE = re.compile(r"Initial learn rate: ([0-9.eE+-]{1,20})")
_GAP = re.compile(r" {2,}|\t+")
_MOST_ROWS = 100_000
_SHARED_LAYERS = ("TOK2VEC", "TRANS")
_VERSION_2 = {
    "Itn": "E",
    "Dep Loss": "LOSS PARSER",
    "NER Loss": "LOSS NER",
    "Tag Loss": "LOSS TAGGER",
    "NER P": "ENTS_P",
    "NER R": "ENTS_R",
    "NER F": "ENTS_F",
    "Tag %": "TAG_ACC",
    "UAS": "DEP_UAS",
}
"""Columns of spaCy 2 to those of spaCy 3; the others count words and time."""

_FIRST_CELLS = 100
_AHEAD = 3
"""Columns that a row must fill to be one: text after the last is a remark of its reader."""


@dataclass(slots=True)
class SpacyTable:
    """A training table of spaCy.

    Attributes:
        columns: Names of the columns, such as `E`, `#`, `LOSS NER`, `ENTS_F`, also of spaCy 2.
        rows: One number per column, NaN where spaCy printed NaN.
        torn: Rows that were not whole.
    """

    columns: tuple[str, ...]
    rows: list[tuple[float, ...]] = field(default_factory=list)
    torn: int = 0

    def column(self, name: str) -> tuple[float, ...]:
        """Return the values of a column; empty when there is none of this name."""
        if name not in self.columns:
            return ()
        index = self.columns.index(name)
        return tuple(row[index] for row in self.rows)

    @property
    def losses(self) -> tuple[str, ...]:
        """The loss of the entity recogniser; else of other tasks, or of the shared layers."""
        losses = [name for name in self.columns if name.startswith("LOSS ")]
        if "LOSS NER" in losses:
            return ("LOSS NER",)
        own = [name for name in losses if not name[5:].startswith(_SHARED_LAYERS)]
        return tuple(own or losses)


def is_spacy_header(line: str) -> bool:
    """Return whether a line names the columns of a training table of spaCy."""
    return _columns(line) != ()


def spacy_tables(lines: Iterable[str]) -> list[SpacyTable]:
    """Return the training tables in a text, in their order; other lines are passed over."""
    tables: list[SpacyTable] = []
    for line in lines:
        columns = _columns(line)
        if columns:
            # The notebook of a long training may show the header anew above its next rows.
            if not tables or tables[-1].columns != columns or not tables[-1].rows:
                tables.append(SpacyTable(columns))
        elif tables and len(tables[-1].rows) < _MOST_ROWS:
            _take(line, tables[-1])
    return tables


def printed_config(lines: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield what spaCy prints above its table.

    The initial learning rate goes by its own name: it is that of a warm-up's start, or of an
    encoder trained from nothing, for which other rates are usual than for fine-tuning.
    """
    yield "library", "spacy"
    text = "\n".join(lines[:500])
    if (pipeline := _PIPELINE.search(text)) is not None:
        names = [name.strip(" '\"") for name in pipeline[1].split(",")]
        yield "pipeline", ", ".join(names)
    if (rate := _RATE.search(text)) is not None:
        try:
            yield "initial_learning_rate", float(rate[1])
        except ValueError:
            return


def _columns(line: str) -> tuple[str, ...]:
    latest = "#" in line and "LOSS" in line and "SCORE" in line
    if not latest and not ("Itn" in line and " Loss" in line):
        return ()
    cells = tuple(cell.strip() for cell in _GAP.split(line.strip()) if cell.strip())
    if not latest:
        cells = tuple(_VERSION_2.get(cell, cell) for cell in cells)
    fits = cells[0] == "#" or cells[:2] == ("E", "#") or (not latest and cells[0] == "E")
    return cells if fits and len(set(cells)) == len(cells) <= _FIRST_CELLS else ()


def _take(line: str, table: SpacyTable) -> None:
    cells = line.split(None, _FIRST_CELLS)
    if not cells or not cells[0].isdigit():
        return
    numbers = _numbers(cells[: len(table.columns)])
    if len(numbers) == len(table.columns):
        table.rows.append(tuple(numbers))
    elif len(numbers) >= _AHEAD:
        table.torn += 1


def _numbers(cells: Sequence[str]) -> list[float]:
    """Return the numbers that cells begin with."""
    numbers: list[float] = []
    for cell in cells:
        try:
            numbers.append(float(cell))
        except ValueError:
            break
    return numbers
