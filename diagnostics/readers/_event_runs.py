"""Which of the event files in a folder tell of one run, and which of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diagnostics.readers import _log_history as log

__all__ = ["JoinedRuns", "LoggedRun", "joined_runs"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRun:
    """What an event file tells.

    Attributes:
        rows: Its rows, in the order of the steps.
        config: Hyperparameters and facts of the model; empty where it holds none.
        name: What the file is called.
    """

    rows: list[Row]
    config: Mapping[str, Any]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedRuns:
    """What the files of one run tell together: rows in the order of the steps, hyperparameters."""

    rows: list[Row]
    config: dict[str, Any]


def joined_runs(logs: Sequence[LoggedRun]) -> tuple[JoinedRuns, tuple[str, ...]]:
    """Join the logs that agree, beginning with the longest.

    Two files are of two runs where they contradict each other: in a row, a hyperparameter, the unit
    of their steps, or because both trained, or both evaluated, over the same steps.

    Returns:
        What the joined files tell together, and the names of the others.
    """
    joined = JoinedRuns(rows=[], config={})
    others: list[str] = []
    for entry in sorted(logs, key=lambda entry: len(entry.rows), reverse=True):
        rows = _together(joined, entry)
        if rows is None:
            others.append(entry.name)
        else:
            joined = JoinedRuns(rows=rows, config={**entry.config, **joined.config})
    return joined, tuple(others)


def _together(joined: JoinedRuns, entry: LoggedRun) -> list[Row] | None:
    """Return the rows of both, None if they are of two runs."""
    shared = joined.config.keys() & entry.config.keys()
    if any(joined.config[name] != entry.config[name] for name in shared):
        return None
    if not (joined.rows and entry.rows):
        return joined.rows or entry.rows
    if _counts_steps(entry.rows) != _counts_steps(joined.rows):
        return None
    if any(_interleaved(entry.rows, joined.rows, evaluated=kind) for kind in (True, False)):
        return None
    return log.merged(entry.rows, joined.rows)


def _counts_steps(rows: Sequence[Row]) -> bool:
    return any("step" in row for row in rows)


def _interleaved(some: Sequence[Row], more: Sequence[Row], *, evaluated: bool) -> bool:
    """Whether both logs have rows of a kind over the same steps, and not the same rows."""
    one, two = ({_place(row) for row in rows if _is(row, evaluated)} for rows in (some, more))
    if not one or not two or one <= two:
        return False
    return min(one) < max(two) and min(two) < max(one)


def _is(row: Row, evaluated: bool) -> bool:
    return log.is_evaluation(row) if evaluated else "loss" in row


def _place(row: Row) -> float:
    return float(row.get("step") or row.get("epoch") or 0.0)
