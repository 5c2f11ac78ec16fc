"""Sets the thresholds of a rule: its fields, checked by name and type."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.rule import Rule

__all__ = ["nearest_name", "thresholds", "with_thresholds"]


def thresholds(rule: Rule[Any]) -> dict[str, Any]:
    """Return what can be set on a rule, with its present values."""
    return {
        each.name: getattr(rule, each.name) for each in fields(rule) if each.default is not MISSING
    }


def with_thresholds(rule: Rule[Any], values: Mapping[str, Any]) -> Rule[Any]:
    """Return the rule with other thresholds.

    Raises:
        DiagnosticsError: It has no threshold of that name, or the value has another type; a whole
            number is as good as a real one, NaN and infinity are none.
    """
    known = thresholds(rule)
    for name, value in values.items():
        if name not in known:
            raise DiagnosticsError(
                f"Rule {rule.id} {rule.name} has no threshold `{name}`.",
                nearest_name(name, known) if known else "This rule has none.",
            )
        if not _fits(value, known[name]):
            raise DiagnosticsError(
                f"`{name}` of {rule.id} must be of type {type(known[name]).__name__}, "
                f"but is {value!r}.",
                f"Its default is {known[name]!r}.",
            )
    return replace(rule, **values)


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, float):
        return series.number(value) is not None
    return type(value) is type(default)


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return a hint with the known names, the nearest one first."""
    names = list(known)
    near = difflib.get_close_matches(name.replace("_", "-"), names, n=1)
    near = near or difflib.get_close_matches(name, names, n=1)
    return (f"Did you mean `{near[0]}`? " if near else "") + f"Known are {', '.join(names)}."
