"""Names of numbered labels: from the file itself, or from a list that lies beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics.errors import DataError

__all__ = ["MISSING_NAMES_HINT", "names_beside", "names_in"]

JSON_FILES = (
    "label_names.json",
    "label_list.json",
    "labels.json",
    "id2label.json",
    "label2id.json",
    "dataset_info.json",
    "dataset_infos.json",
)
TEXT_FILES = ("labels.txt", "label_names.txt", "label_list.txt", "classes.txt")
KEYS = ("label_names", "names", "label_list", "id2label", "label2id", "class_label", "classes")
LARGEST_LIST = 1 << 20

MISSING_NAMES_HINT = (
    "Put a file `label_names.json` beside it with the names in the order of the numbers, such as "
    '["O", "B-PER", "I-PER"].'
)


def names_beside(path: Path) -> tuple[str, ...] | None:
    """Names from a list in the folder of a data file, or None when there is none.

    Raises:
        DataError: If there is a list that cannot be read.
    """
    for name in JSON_FILES:
        file = path.parent / name
        if file != path and file.is_file() and (found := _names_of_json(file)) is not None:
            return found
    for name in TEXT_FILES:
        file = path.parent / name
        if file != path and file.is_file():
            return tuple(filter(None, (line.strip() for line in _text(file).split("\n"))))
    return None


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_LIST:
            raise DataError(f"{file} is too large for a list of label names.")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise DataError(f"{file} cannot be read as a list of label names: {error}.") from error


def _names_of_json(file: Path) -> tuple[str, ...] | None:
    try:
        return names_in(json.loads(_text(file)))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no JSON: {error}.", MISSING_NAMES_HINT) from error


def names_in(value: Any, column: str = "") -> tuple[str, ...] | None:
    """Label names somewhere inside a JSON value, or None when there are none.

    Known are a list of names, `{"0": "O", ...}`, `{"O": 0, ...}`, and the features of `datasets`,
    in which the names of the tag column are preferred to others (part of speech, chunks).
    """
    found = _as_names(value)
    if found is not None or not isinstance(value, Mapping):
        return found
    inner = sorted(value.items(), key=lambda item: _preference(str(item[0]), column))
    for key, part in inner:
        known = key in KEYS and _as_names(part)
        if known:
            return known
        if isinstance(part, Mapping) and (deeper := names_in(part, column)) is not None:
            return deeper
    return None


def _preference(key: str, column: str) -> tuple[bool, bool, bool]:
    return key != column, "ner" not in key.lower(), key not in KEYS


def _as_names(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = list(value)
        return tuple(names) if names and all(isinstance(name, str) for name in names) else None
    if not isinstance(value, Mapping) or not value:
        return None
    if all(isinstance(name, str) and str(key).isdigit() for key, name in value.items()):
        return _in_order({int(key): name for key, name in value.items()})
    if all(type(number) is int for number in value.values()):
        return _in_order({number: str(name) for name, number in value.items()})
    return None


def _in_order(names: Mapping[int, str]) -> tuple[str, ...] | None:
    if sorted(names) != list(range(len(names))):
        return None
    return tuple(names[number] for number in range(len(names)))
