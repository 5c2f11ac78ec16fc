"""Remembers what was computed about the run that was asked about last: rules share their series."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from diagnostics.subjects.run_history import RunHistory

__all__ = ["once_per_run"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class _Memory:
    """Results about one run, told apart by its identity: histories are never changed."""

    def __init__(self, run: RunHistory | None) -> None:
        self.run = run
        self.results: dict[Any, Any] = {}


_current = _Memory(None)


def once_per_run(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function of a run, and of hashable arguments, compute each result once.

    Only results about the last run are kept, so that memory does not grow with the number of runs.
    Threads that judge different runs at once compute more often, and never mix results up.
    """

    @wraps(function)
    def remembering(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        global _current
        run, *others = cast("tuple[Any, ...]", arguments)
        memory = _current
        if memory.run is not run:
            memory = _current = _Memory(run)
        key = (function, *others, *sorted(named.items()))
        if key not in memory.results:
            memory.results[key] = function(*arguments, **named)
        return cast("Result", memory.results[key])

    return remembering
