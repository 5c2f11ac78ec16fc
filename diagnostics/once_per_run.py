"""Remembers what was computed about the run that was asked about last: rules share their series."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

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
_UNKNOWN: Final = object()


def once_per_run(
    function: Callable[Concatenate[RunHistory, Arguments], Result],
) -> Callable[Concatenate[RunHistory, Arguments], Result]:
    """Make a function of a run, and of hashable arguments, compute each result once.

    Only results about the last run are kept, so that memory does not grow with the number of runs.
    Threads that judge different runs at once compute more often, and never mix results up.
    """

    @wraps(function)
    def remembering(
        run: RunHistory, /, *others: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        global _current
        memory = _current
        if memory.run is not run:
            memory = _current = _Memory(run)
        key: Any = (function, others, *sorted(named.items())) if others or named else function
        result = memory.results.get(key, _UNKNOWN)
        if result is _UNKNOWN:
            result = memory.results[key] = function(run, *others, **named)
        return cast("Result", result)

    return remembering
