"""A `trainer_state.json` too large to be held: its log is read piece by piece and thinned."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._log_history import is_evaluation, is_non_finite

__all__ = ["LARGE", "read_large_state"]

Row = dict[str, Any]

LARGE = 16 * 2**20
"""Bytes from which on a state is read in pieces: some 100,000 rows."""

LARGEST = 4 * 2**30

_PIECE = 2**20
_LONGEST_ROW = 8 * 2**20
_MOST_ROWS = 10_000
_MOST_ODD = 100
_KEY = re.compile(rb'"log_history"\s{0,100}:\s{0,100}\[')
_BETWEEN = re.compile(rb"\}\s{0,200},\s{0,200}(?=\{)")
_SKIPPED = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()
_UNREADABLE = (ValueError, RecursionError, MemoryError)


class _Sample:
    """Rows of one kind: every one, then every second, fourth, ... once there are too many.

    The first rows with NaN or infinity are kept whatever their place.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.stride = 1
        self._rows: list[Row] = []
        self._odd: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """The rows that were kept."""
        odd = {id(row) for row in self._odd}
        return [row for row in self._rows if id(row) not in odd] + self._odd

    def extend(self, rows: Sequence[Row], *, may_be_odd: bool) -> None:
        """Take in rows; `may_be_odd`: NaN or infinity may be among their values."""
        if may_be_odd and len(self._odd) < _MOST_ODD:
            odd = (row for row in rows if is_non_finite(row))
            self._odd.extend(islice(odd, _MOST_ODD - len(self._odd)))
        self._rows.extend(rows[-self.seen % self.stride :: self.stride])
        self.seen += len(rows)
        while len(self._rows) >= 2 * _MOST_ROWS:
            self._rows = self._rows[::2]
            self.stride *= 2


def read_large_state(path: Path, notes: list[str]) -> dict[str, Any]:
    """Return a state whose `log_history` holds at most 20,000 rows of each kind.

    Raises:
        DiagnosticsError: The file cannot be read, or has no `log_history` near its beginning.
    """
    training, evaluations = _Sample(), _Sample()
    try:
        with path.open("rb") as file:
            head = file.read(_PIECE)
            key = _KEY.search(head)
            if key is None:
                raise DiagnosticsError(
                    f"`{path}` is no trainer_state.json: there is no log_history in its first MiB."
                )
            state = _outside(head[: key.start()].rstrip().rstrip(b",") + b"}")
            rest, whole = _read_rows(file, head[key.end() :], training, evaluations)
    except (OSError, ValueError) as error:
        raise DiagnosticsError(f"`{path}` cannot be read: {error}.") from error
    state |= _outside(b"{" + rest.lstrip().removeprefix(b"]").lstrip().removeprefix(b","))
    if not whole:
        notes.append(f"{path.name} is cut off or damaged; the rows before could be read.")
    if training.stride > 1 or evaluations.stride > 1:
        notes.append(
            f"Of {training.seen:,} training rows one in {training.stride} was read, of "
            f"{evaluations.seen:,} evaluations one in {evaluations.stride}."
        )
    state["log_history"] = [*training.rows, *evaluations.rows]
    return state


def _read_rows(
    file: BinaryIO, start: bytes, training: _Sample, evaluations: _Sample
) -> tuple[bytes, bool]:
    """Sort the rows into the samples; return what follows them, and whether they were whole."""
    buffer, total = start, len(start)
    while piece := file.read(_PIECE):
        buffer += piece
        total += len(piece)
        cut = _last_boundary(buffer)
        if cut:
            buffer = _take(buffer[:cut], training, evaluations) + buffer[cut:]
        if len(buffer) > _LONGEST_ROW or total > LARGEST:
            return b"", False
    end = _take(buffer, training, evaluations)
    return end, end.startswith(b"]")


def _last_boundary(buffer: bytes) -> int:
    """Return where the last row but one ends, comma included; 0 when no two rows are there."""
    position = len(buffer)
    for _ in range(200):
        position = buffer.rfind(b"}", 0, position)
        if position < 0:
            return 0
        found = _BETWEEN.match(buffer, position)
        if found is not None:
            return found.end()
    return 0


def _take(rows: bytes, training: _Sample, evaluations: _Sample) -> bytes:
    """Sort rows into the samples; return what follows the last that is whole."""
    rest = b""
    try:
        items = json.loads(b"[" + rows.rstrip().rstrip(b",") + b"]")
    except _UNREADABLE:  # the end of the log, or a boundary within a row, or damage
        items, end = _items(rows.decode("utf-8", errors="replace"))
        rest = end.encode("utf-8", errors="replace")
    odd = b"NaN" in rows or b"Infinity" in rows
    found = [row for row in items if isinstance(row, dict)]
    if b'"eval_' in rows:
        evaluations.extend([row for row in found if is_evaluation(row)], may_be_odd=odd)
        found = [row for row in found if not is_evaluation(row)]
    training.extend(found, may_be_odd=odd)
    return rest


def _items(text: str) -> tuple[list[Row], str]:
    """Return the objects that a text begins with, one after the other, and what follows them."""
    items: list[Row] = []
    position = 0
    while True:
        start = _SKIPPED.match(text, position).end()  # type: ignore[union-attr]
        if not text.startswith("{", start):
            return items, text[start:]
        try:
            item, position = _DECODER.raw_decode(text, start)
        except _UNREADABLE:
            return items, text[start:]
        items.append(item)


def _outside(content: bytes) -> dict[str, Any]:
    """Return the fields before or after the log; empty when they cannot be read."""
    try:
        value = json.loads(content)
    except _UNREADABLE:
        return {}
    return value if isinstance(value, dict) else {}
