"""Reads `dev_predictions.jsonl`: the gold and predicted tags of the development split."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import is_file
from diagnostics.readers._documents import read_lines
from diagnostics.subjects.predictions import Predictions, Tags

__all__ = ["PREDICTIONS", "predictions_beside"]

PREDICTIONS = "dev_predictions.jsonl"
"""One line per sentence: `{"gold": ["O", "B-PER"], "predicted": ["O", "O"]}`."""

MOST_WORDS = 2_000_000
"""Words after which the rest is left out: the verdicts need a few thousand."""

MOST_TAGS = 1_000
"""Different tags after which the file is not taken for predictions."""

LONGEST_TAG = 200
"""Characters of the longest tag."""


def predictions_beside(folder: Path, notes: list[str]) -> Predictions | None:
    """Return the predictions that lie in a run's folder; None when there are none to be read.

    Lines that are torn, or whose two sides differ in length, are left out. What was lost is added
    to `notes`.
    """
    path = folder / PREDICTIONS
    if not is_file(path):
        return None
    try:
        rows, lost = read_lines(path)
    except DiagnosticsError as error:
        notes.append(error.message)
        return None
    found: list[tuple[Tags, Tags]] = []
    names: set[str] = set()
    words = 0
    for row in rows:
        pair = _pair(row)
        if pair is None:
            lost += 1
            continue
        words += len(pair[0])
        names.update(*pair)
        if words > MOST_WORDS or len(names) > MOST_TAGS:
            notes.append(f"{PREDICTIONS} was read up to its limit of {len(found)} sentences.")
            break
        found.append(pair)
    if lost:
        lines = "line" if lost == 1 else "lines"
        notes.append(f"{lost} {lines} of {PREDICTIONS} hold no two tag sequences of equal length.")
    if not found:
        return None
    gold, predicted = zip(*found, strict=True)
    return Predictions(gold=gold, predicted=predicted)


def _pair(row: Mapping[str, Any]) -> tuple[Tags, Tags] | None:
    gold, predicted = _tags(row.get("gold")), _tags(row.get("predicted"))
    return (gold, predicted) if gold and predicted and len(gold) == len(predicted) else None


def _tags(value: Any) -> Tags | None:
    """Return a list of non-empty, short strings as tags; None for anything else."""
    if not isinstance(value, list):
        return None
    if not all(isinstance(tag, str) and 0 < len(tag) <= LONGEST_TAG for tag in value):
        return None
    return tuple(sys.intern(str(tag)) for tag in value)
