"""Reads a history in JSON: a name to its values, one per epoch, or a list of log rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers._column_roles import MOST_COLUMNS, roles_of
from diagnostics.readers._documents import read_bytes
from diagnostics.readers._name_words import Split
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_head import flat
from diagnostics.readers._table_notes import mapping_notes
from diagnostics.readers._table_reader import MOST_FILES, files_in
from diagnostics.readers._table_run import run_of
from diagnostics.readers.keras_csv import is_keras, without_number
from diagnostics.subjects.run_history import RunHistory

__all__ = ["KerasHistory"]

LARGEST = 8 * 2**20
"""Bytes of the largest history that is read: parsed JSON takes many times its size."""

_HEAD_BYTES = 1 << 14
_NAME = r"[\w/ .-]{0,40}"
_SERIES = re.compile(rf"[\"']{_NAME}loss{_NAME}[\"']\s{{0,9}}:\s{{0,9}}(?:\[|\{{\s{{0,9}}[\"']\d)")
_ROWS = re.compile(rf"[\"']{_NAME}loss{_NAME}[\"']\s{{0,9}}:\s{{0,9}}[-\"\dNI]")
_PLACE = re.compile(r"[\"'](?:epoch|step|global_step|iteration)[\"']\s{0,9}:", re.IGNORECASE)
_NEXT_OBJECT = re.compile(r"\}[ \t\r]{0,9}\n\{")
_INNER = ("history", "log_history", "epochs", "logs", "metrics", "train_history", "results")
_PYTHON_WORDS = {"nan": "NaN", "inf": "Infinity", "None": "null", "True": "true", "False": "false"}
_WRAPPED = re.compile(r"(?:np|numpy)\.float\d\d\(([^()]{1,40})\)")
_NO_HISTORY = "It must hold a name to a list of values, such as `loss` and `val_loss`, or log rows."

Table = tuple[list[str], Iterable[Sequence[Any]]]
"""Names of columns, and rows of values."""


class KerasHistory(Reader):
    """The `history` of Keras's `fit` saved as JSON, and what others save in its manner."""

    name: ClassVar[str] = "keras_history"
    looks_for: ClassVar[str] = "a JSON history: `loss` and others, each with its list of values"
    precedence: ClassVar[int] = 60

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a history by the first bytes of a file, or those of a folder, the largest first."""
        if listing_of(path) is not None:
            return tuple(filter(_looks_like_history, files_in(path, (".json",))[:MOST_FILES]))
        return (path,) if path.is_file() and _looks_like_history(path) else ()

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the histories among the smaller files of a folder with very many."""
        return filter(_looks_like_history, files_in(folder, (".json",))[MOST_FILES:])

    def read(self, path: Path) -> RunHistory:
        """Read a history. In one of Keras scores without `val_` are those of the training."""
        notes: list[str] = []
        columns, rows = _rows(_content(path, notes), notes)
        if not columns:
            raise DiagnosticsError(f"`{path}` holds no history of a run.", _NO_HISTORY)
        names = [without_number(name) for name in columns]
        ours = is_keras(["epoch", *sorted(set(names) - {"epoch"})])
        roles = roles_of(names, plain_scores=Split.TRAIN if ours else None)
        table = RunTable()
        for row in rows:
            table.add(roles.row(row))
        return run_of(table, source=str(path), notes=(*mapping_notes(roles), *notes))


def _looks_like_history(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return False
    head = head.lstrip("\ufeff \t\r\n")
    if '"log_history"' in head or not head.startswith(("{", "[", '"{')):
        return False
    if head.startswith("{") and _NEXT_OBJECT.search(head):
        return False  # JSON lines
    if head.startswith("["):
        return bool(_ROWS.search(head) and _PLACE.search(head))
    return bool(_SERIES.search(head)) or bool(
        any(f'"{name}"' in head for name in _INNER) and _ROWS.search(head) and _PLACE.search(head)
    )


def _content(path: Path, notes: list[str]) -> Any:
    """Return the JSON of a file; a Python dictionary that was saved as text is read as well."""
    raw = read_bytes(path)
    if len(raw) > LARGEST:
        raise DiagnosticsError(
            f"`{path}` has {len(raw) / 2**20:.0f} MiB; at most {LARGEST >> 20} MiB are read.",
            "Save one value per epoch.",
        )
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        content = json.loads(text)
        return json.loads(_as_json(content)) if isinstance(content, str) else content
    except (ValueError, RecursionError, MemoryError) as error:
        rescued = _whole_series(text)
        if not rescued:
            reason = (str(error) or type(error).__name__).splitlines()[0][:120]
            raise DiagnosticsError(f"`{path}` is no JSON: {reason}.", _NO_HISTORY) from error
    notes.append(f"The file is cut off or damaged; {len(rescued)} series could be read.")
    return rescued


def _as_json(text: str) -> str:
    """Turn the printed form of a Python dictionary of numbers into JSON, without evaluating it."""
    text = _WRAPPED.sub(r"\1", text).replace("'", '"')
    return re.sub(r"\b(?:nan|inf|None|True|False)\b", lambda word: _PYTHON_WORDS[word[0]], text)


def _whole_series(text: str) -> dict[str, list[Any]]:
    """Return the lists of numbers in JSON that was cut off; the last one as far as it goes."""
    found = {}
    for match in re.finditer(r"\"([\w/ .-]{1,80})\"\s{0,9}:\s{0,9}\[([-+\w.,\s]{1,})", text):
        values = [_number(cell) for cell in match[2].split(",")]
        ended = text[match.end() : match.end() + 1] == "]"
        found[match[1]] = values if ended else values[:-1]
        if len(found) == MOST_COLUMNS:
            break
    return {name: values for name, values in found.items() if values}


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _rows(content: Any, notes: list[str]) -> Table:
    """Return names and rows of a history in any of its forms; no names when it is none."""
    if isinstance(content, list):
        objects = [flat(row) for row in content if isinstance(row, dict)]
        names = list(dict.fromkeys(name for row in objects for name in row))[:MOST_COLUMNS]
        return names, ([row.get(name) for name in names] for row in objects)
    if not isinstance(content, dict):
        return [], ()
    series = {name: _values(value) for name, value in islice(content.items(), MOST_COLUMNS)}
    known = {name: values for name, values in series.items() if values}
    if known:
        if len({len(values) for values in known.values()}) > 1:
            notes.append("The series have different lengths; the first values belong together.")
        return list(known), zip_longest(*known.values())
    inner = (content[name] for name in _INNER if isinstance(content.get(name), dict | list))
    tables = (_rows(value, notes) for value in inner)
    return next((table for table in tables if table[0]), ([], ()))


def _values(value: Any) -> list[Any]:
    """Return a list of numbers, also one that is written as `{"0": 0.5, "1": 0.4}`."""
    if isinstance(value, dict) and value and all(str(key).isdecimal() for key in value):
        value = [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
    if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
        return []
    return value
