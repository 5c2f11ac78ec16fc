"""Remembers what was found out about files while one data set is surveyed, which reads them twice.

A survey first guesses the tag scheme from the beginning of each file and then passes over all of
it: to look through a file for its encoding and its layout, once is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

__all__ = ["once_per_survey", "surveying"]

Result = TypeVar("Result")

_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("_found", default=None)


@contextmanager
def surveying() -> Iterator[None]:
    """Remember what is found out until the end of the block: files must not change meanwhile."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def once_per_survey(key: Hashable, find_out: Callable[[], Result]) -> Result:
    """Return what `find_out` returns; while a data set is surveyed, what it returned before.

    An error is not remembered: it is raised anew each time.

    Args:
        key: What is asked, with the path of the file.
        find_out: Looks it up.
    """
    found = _found.get()
    if found is None:
        return find_out()
    if key not in found:
        found[key] = find_out()
    return cast("Result", found[key])
