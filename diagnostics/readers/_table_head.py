"""How a table in a text file begins: its columns and its first rows."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from diagnostics.readers._column_roles import MOST_COLUMNS
from diagnostics.text_head import decode_head

__all__ = ["Head", "Values", "flat", "json_object", "read_head"]

_HEAD_BYTES = 1 << 14
_LONG_HEAD_BYTES = 1 << 18
_HEAD_ROWS = 200
_SEPARATORS = (",", "\t", ";", "|")
_LFS = b"version https://git-lfs"
_UNREADABLE = (ValueError, RecursionError, MemoryError)
_DEEPEST = 3
_JSON_LINES = (".jsonl", ".ndjson")

_DECODE = json.JSONDecoder().decode
_NESTED = frozenset({dict, list})

Values = Sequence[Any]
"""The cells of a row: texts of a delimited table, any values of JSON lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How a table begins.

    Attributes:
        path: Where it is.
        names: Names of its columns; of JSON lines those of the first lines.
        rows: The first rows, at most 200, none that is cut off.
        separator: What stands between two cells; empty for JSON lines.
        quoted: Whether any cell seems to be quoted.
        whole: Whether the rows are all that the file holds.
    """

    path: Path
    names: tuple[str, ...]
    rows: tuple[Values, ...]
    separator: str
    quoted: bool = False
    whole: bool = True


def read_head(path: Path) -> Head | None:
    """Return how a table begins, None for what is no table."""
    start = _first_bytes(path)
    text = None if start.startswith(_LFS) else decode_head(start)
    if not text:
        return None
    lines = [line for line in re.split(r"\r*\n|\r+", text.lstrip("\ufeff")) if line.strip()]
    cut = len(start) >= _HEAD_BYTES
    if cut and len(lines) > 1:
        lines.pop()
    if not lines:
        return None
    whole = not cut and len(lines) <= _HEAD_ROWS
    lines = lines[: _HEAD_ROWS + 1]
    json_lines = lines[0].lstrip().startswith("{")
    head = _json_head(path, lines) if json_lines else _cells(path, lines)
    return None if head is None else replace(head, whole=whole)


def _first_bytes(path: Path) -> bytes:
    """Return the beginning of a file: more of it where the first lines are long."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEAD_BYTES)
            if len(start) == _HEAD_BYTES and start.count(b"\n") + start.count(b"\r") < 3:
                start += file.read(_LONG_HEAD_BYTES)
    except (OSError, ValueError):
        return b""
    return start


def _json_head(path: Path, lines: Sequence[str]) -> Head | None:
    objects = [found for line in lines if (found := json_object(line)) is not None]
    if not objects or json_object(lines[0]) is None:
        return None
    if len(objects) == 1 and not path.name.lower().endswith(_JSON_LINES):
        return None  # one object in one line is a document
    names = tuple(dict.fromkeys(name for found in objects for name in found))[:MOST_COLUMNS]
    rows = tuple([found.get(name) for name in names] for found in objects)
    return Head(path=path, names=names, rows=rows, separator="")


def _cells(path: Path, lines: Sequence[str]) -> Head | None:
    header = lines[0].lstrip("#").strip(" ")
    separator = max(_SEPARATORS, key=header.count)
    quoted = any('"' in line for line in lines)
    try:
        rows = list(csv.reader([header, *lines[1:]], delimiter=separator))
    except csv.Error:
        return None
    names = tuple(name.strip() for name in rows[0][:MOST_COLUMNS])
    return Head(path=path, names=names, rows=tuple(rows[1:]), separator=separator, quoted=quoted)


def json_object(line: str) -> dict[str, Any] | None:
    """Return the object in a line without inner ones; None for what is none."""
    try:
        value = _DECODE(line)
    except _UNREADABLE:
        return None
    return flat(value) if isinstance(value, dict) else None


def flat(value: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, Any]:
    """Return an object without inner ones: `{"train": {"loss": 1}}` gives `train/loss`."""
    found: dict[str, Any] = {}
    if not prefix and not any(inner.__class__ in _NESTED for inner in value.values()):
        return dict(value)
    for name, inner in value.items():
        if isinstance(inner, dict):
            if depth < _DEEPEST:
                found.update(flat(inner, f"{prefix}{name}/", depth + 1))
        elif not isinstance(inner, list):
            found[f"{prefix}{name}"] = inner
    return found
