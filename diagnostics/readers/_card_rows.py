"""The results tables of a model card, made into the rows of a log."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from diagnostics.readers._card_columns import TRAIN_LOSSES, columns_of
from diagnostics.readers._literal_mapping import number, printed_mapping
from diagnostics.readers._markdown import Table

__all__ = ["CardRows", "row_of_items", "rows_of_tables"]

Row = dict[str, Any]

_MISSING = frozenset({"", "-", "--", "—", "–", "no log", "none", "n/a", "na"})
_LONGEST_CELL = 4_000
_REMARKED = re.compile(r"[~≈]?([-+]?\d[\d,.]{0,30}(?:[eE][-+]?\d{1,3})?%?)[*_`]{0,3}(?:\s+\D.*|)")
"""A number with a remark after it, such as `3.0640 ✓` or `**0.91** (best)`."""

_EPOCH = re.compile(r"(?:epoch )?(\d{1,9}(?:\.\d{1,9})?)(?:\s?/\s?\d{1,9})?", re.IGNORECASE)


class CardRows:
    """The rows of one training, in the form of a Trainer's log, and what was done to read them.

    Attributes:
        rows: Training rows with `loss`, evaluations with `eval_...`.
        notes: What was mapped or left out, as sentences.
        odd: Columns that hold more than figures.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.odd: dict[str, None] = {}
        self._last_loss: float | None = None

    @property
    def evaluations(self) -> int:
        """How many rows tell of an evaluation."""
        return sum(any(name.startswith("eval_") for name in row) for row in self.rows)

    def note(self, text: str) -> None:
        """Keep a note once."""
        if text not in self.notes:
            self.notes.append(text)

    def add(self, row: Row) -> None:
        """Take in a line of the table: as a training row, an evaluation, or both."""
        loss = row.pop("loss", None)
        rate = row.pop("learning_rate", None)
        place: Row = {name: row[name] for name in ("epoch", "step") if name in row}
        # For want of a new loss the Trainer repeats the last one to all its digits. Zeros and NaN
        # do repeat in runs that broke.
        if loss is not None and loss == self._last_loss and loss != 0:
            self.note("A training loss that the card repeats from the row above was left out.")
        elif loss is not None:
            told = {"loss": loss} if rate is None else {"loss": loss, "learning_rate": rate}
            self.rows.append(place | told)
            self._last_loss = loss
        if any(name.startswith("eval_") for name in row):
            self.rows.append(row)


def rows_of_tables(tables: Sequence[Table]) -> CardRows:
    """Return the rows of a card's results tables.

    A table that begins anew tells of another training: of several the one with most evaluations is
    returned, the first of equals.
    """
    runs: list[CardRows] = []
    for table in tables:
        rows = _rows_of(table, found := CardRows())
        if runs and _goes_on(runs[-1].rows, rows):
            for note in found.notes:
                runs[-1].note(note)
            runs[-1].odd |= found.odd
        else:
            runs.append(found)
        for row in rows:
            runs[-1].add(row)
    runs = [run for run in runs if run.rows]
    if not runs:
        return CardRows()
    chosen = max(runs, key=lambda run: (run.evaluations, len(run.rows)))
    if len(runs) > 1:
        chosen.note(f"Of {len(runs)} trainings in the document the longest was read.")
    if chosen.odd:
        several = "s" if len(chosen.odd) > 1 else ""
        verb = "hold" if several else "holds"
        chosen.note(f"Column{several} {', '.join(chosen.odd)} {verb} more than figures.")
    _drop_steps_that_fall(chosen)
    return chosen


def row_of_items(items: Mapping[str, str]) -> Row:
    """Return the row that the `- F1: 0.91` list of a card makes; empty without any figure."""
    names = [name for name in items if name.lower().replace("_", " ") not in TRAIN_LOSSES]
    shown = ["Validation Loss" if name.lower() == "loss" else name for name in names]
    # The names of Keras, which has no list without a training loss.
    keys = columns_of(["Train Loss", *shown, "Epoch"]).keys[1:-1]
    row = dict(_cells(keys, [items[name] for name in names], CardRows()))
    return row if any(name.startswith("eval_") for name in row) else {}


def _rows_of(table: Table, found: CardRows) -> list[Row]:
    columns = columns_of(table.columns)
    rows = [row for cells in table.rows if (row := dict(_cells(columns.keys, cells, found)))]
    if columns.misnamed:
        names = ", ".join(columns.misnamed)
        found.note(f"{names}: computed on the development split, whatever the name says.")
    epochs = [row["epoch"] for row in rows if "epoch" in row]
    whole = all(epoch.is_integer() for epoch in epochs)
    if epochs and epochs[0] == 0 and whole and not any("step" in row for row in rows):
        found.note("The card counts epochs from 0; here they begin with 1.")
        for row in rows:
            row["epoch"] = row.get("epoch", 0) + 1
    return rows


def _goes_on(earlier: Sequence[Row], later: Sequence[Row]) -> bool:
    """Whether a table begins after the end of the one before."""
    for name in ("epoch", "step"):
        told = [[row[name] for row in rows if name in row] for rows in (earlier, later)]
        if told[0] and told[1]:
            return bool(told[1][0] > told[0][-1])
    return False


def _drop_steps_that_fall(found: CardRows) -> None:
    """Leave out steps that do not rise with the epochs, as some cards written by hand have."""
    told = [(row["epoch"], row["step"]) for row in found.rows if {"epoch", "step"} <= row.keys()]
    if all(later[1] > earlier[1] for earlier, later in pairwise(told) if later[0] > earlier[0]):
        return
    found.note("The steps of the card do not rise with its epochs; they were left out.")
    for row in found.rows:
        row.pop("step", None)


def _cells(keys: Sequence[str], cells: Sequence[str], found: CardRows) -> Iterator[tuple[str, Any]]:
    for key, cell in zip(keys, cells, strict=False):
        text = cell[:_LONGEST_CELL]
        if not key or text.lower() in _MISSING:
            continue
        value = _place(text) if key in {"epoch", "step"} else _value(text)
        if value is None:
            found.odd[key.removeprefix("eval_")] = None
        else:
            yield key, value


def _place(cell: str) -> float | None:
    """Return the number of an epoch or a step: `3`, `3/10`, `Epoch 3`."""
    told = _EPOCH.match(cell)
    value = number(told[1]) if told is not None and "," not in cell else number(cell)
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def _value(cell: str) -> Any:
    """Return a cell's number or dictionary of figures; None for anything else."""
    if cell.startswith("{"):
        printed = printed_mapping(cell)
        return None if printed is None else printed[1]
    plain = number(cell)
    if plain is None and (remarked := _REMARKED.fullmatch(cell)) is not None:
        return number(remarked[1])
    return plain
