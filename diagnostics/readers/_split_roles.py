"""The roles of columns in a long table, where a column names the split that a row is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from diagnostics.readers._column_roles import roles_of
from diagnostics.readers._columns import Figure, meaning_of
from diagnostics.readers._name_words import Split
from diagnostics.readers._table_head import Head
from diagnostics.readers._table_row import Roles

__all__ = ["RolesBySplit"]


class RolesBySplit:
    """The roles of the columns; in a long table they change with the split that a row names.

    Args:
        names: Names of the columns.
        head: The first rows, which show the splits that there are.
        plain_scores: Split of scores whose name says none; None to tell it from the other names.
    """

    def __init__(self, names: Sequence[str], head: Head, plain_scores: Split | None) -> None:
        self._names = names
        self._plain_scores = plain_scores
        self._column = _split_column(names)
        said = set()
        if self._column is not None:
            said = {_split_of(values, self._column) for values in head.rows}
        self._test_decides = None if not said else Split.DEVELOPMENT not in said
        self._all = self._roles(Split.NONE)
        self._found: dict[Split, Roles] = {}

    def of(self, values: Sequence[Any]) -> Roles:
        """Return the roles for a row."""
        if self._column is None:
            return self._all
        split = _split_of(values, self._column)
        if split not in self._found:
            self._found[split] = self._roles(split)
        return self._found[split]

    def used(self) -> Iterator[Roles]:
        """Return the roles that any row had."""
        yield from self._found.values() or [self._all]

    def _roles(self, split: Split) -> Roles:
        if split is Split.NONE:
            return roles_of(self._names, plain_scores=self._plain_scores)
        names = [_on_split(name, split) for name in self._names]
        return roles_of(names, test_decides=self._test_decides)


def _split_column(names: Sequence[str]) -> int | None:
    for index, name in enumerate(names):
        meaning = meaning_of(name)
        if meaning is not None and meaning.figure is Figure.SPLIT:
            return index
    return None


def _split_of(values: Sequence[Any], column: int) -> Split:
    """Return the split that a row names, NONE when it names none that is known."""
    cell = values[column] if column < len(values) else None
    if not isinstance(cell, str) or len(cell) > 40:
        return Split.NONE
    meaning = meaning_of(f"{cell.strip()}/loss")
    return Split.NONE if meaning is None else meaning.split


def _on_split(name: str, split: Split) -> str:
    """Return a name with its split, where it is a loss or a score without one."""
    meaning = meaning_of(name)
    plain = meaning is not None and meaning.split is Split.NONE
    scored = plain and meaning is not None and meaning.figure in {Figure.LOSS, Figure.METRIC}
    return f"{split}/{name}" if scored else name
