"""Reads the log that the `CSVLogger` of Keras writes: a line per epoch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from diagnostics.readers._columns import Figure, meaning_of
from diagnostics.readers._lookalikes import reason_against
from diagnostics.readers._name_words import Split
from diagnostics.readers._table_head import Head
from diagnostics.readers._table_reader import TableReader, read_table
from diagnostics.subjects.run_history import RunHistory

__all__ = ["KerasCsv", "is_keras", "without_number"]

_NUMBERED = re.compile(r"((?:val_)?(?:accuracy|precision|recall|auc|f1_score))_\d{1,4}")


class KerasCsv(TableReader):
    """Keras `CSVLogger`: `loss` beside `val_loss`, scores beside their `val_` twins."""

    name: ClassVar[str] = "keras_csv"
    looks_for: ClassVar[str] = "*.csv or *.log of the Keras CSVLogger (loss, val_loss, ...)"
    precedence: ClassVar[int] = 60
    endings: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".log")

    def takes(self, head: Head) -> bool:
        """Whether the header is that of Keras, and the rows are no settings of runs."""
        return bool(head.separator) and is_keras(head.names) and reason_against(head) is None

    def read(self, path: Path) -> RunHistory:
        """Read the log; scores without `val_` are those of the training."""
        return read_table(path, plain_scores=Split.TRAIN, renamed=without_number)


def is_keras(names: Sequence[str]) -> bool:
    """Whether columns are named as Keras does it: `loss`, and every score with its `val_` twin.

    Without a validation the columns are the epoch and then the others in the order of the alphabet.
    """
    columns = {without_number(name) for name in names}
    if "loss" not in columns or "step" in columns:
        return False
    twins = {name.removeprefix("val_") for name in columns if name.startswith("val_")}
    if any(name.startswith(("train", "eval", "dev", "test")) for name in columns):
        return False
    if twins:
        scores = {name for name in columns if _is_score(name) and not name.startswith("val_")}
        return scores <= twins <= columns
    rest = list(names[1:])
    return names[0] == "epoch" and len(rest) > 1 and rest == sorted(rest)


def _is_score(name: str) -> bool:
    meaning = meaning_of(name)
    return meaning is not None and meaning.figure is Figure.METRIC


def without_number(name: str) -> str:
    """Return a score's name without the number that Keras gives to the second of a name."""
    found = _NUMBERED.fullmatch(name)
    return found[1] if found else name
