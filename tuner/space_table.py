"""One hyperparameter's range as a TOML table, in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.hyperparameters import HYPERPARAMETERS
from tuner.problems import Problem, nearest_name_hint
from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, UniformRange, WholeRange

__all__ = ["parameter_from_table", "parameter_to_table"]

KEYS = ("low", "high", "scale", "choices", "reason")
SCALES = ("linear", "log")


def parameter_from_table(
    name: str, table: object, section: str
) -> tuple[Parameter | None, tuple[Problem, ...]]:
    """Read `low`/`high`/`scale` or `choices` of one hyperparameter.

    The scale may be left out: learning rates are searched on the logarithmic scale, batch sizes as
    powers of two, whole numbers as such and everything else evenly.

    Args:
        name: A hyperparameter; an unknown one is left for `tuner.space.problems` to report.
        table: What TOML gave.
        section: Name of the table, for messages.

    Returns:
        The range, and the problems of the table's form. With problems the range may be None.
        Whether a well-formed range makes sense is for `tuner.space.problems` to say.
    """
    if not isinstance(table, Mapping):
        problem = Problem(
            message=f"a range must be a table with low and high or choices, but got {table!r}",
            hint=f"Write [{section}], and low = ... and high = ... below it.",
            section=section,
        )
        return None, (problem,)
    problems = tuple(_form_problems(name, table, section))
    return (None if problems else _parameter(name, table)), problems


def parameter_to_table(parameter: Parameter, reason: str = "") -> dict[str, Any]:
    """Write a range as the table that `parameter_from_table` reads."""
    table: dict[str, Any]
    match parameter:
        case Choice(values=values):
            table = {"choices": list(values)}
        case LogRange(low=low, high=high):
            table = {"low": low, "high": high, "scale": "log"}
        case UniformRange(low=low, high=high):
            table = {"low": low, "high": high, "scale": "linear"}
        case WholeRange() | PowersOfTwo():
            table = {"low": parameter.low, "high": parameter.high}
    return table | ({"reason": reason} if reason else {})


def _form_problems(name: str, table: Mapping[str, Any], section: str) -> Iterator[Problem]:
    for key in table:
        if key not in KEYS:
            yield Problem(
                message=f"there is no key `{key}`",
                hint=nearest_name_hint(key, KEYS),
                section=section,
                key=key,
            )
    if not isinstance(table.get("reason", ""), str):
        yield Problem(message="a reason must be text", section=section, key="reason")
    if "choices" in table:
        yield from _choice_problems(table, section)
    else:
        yield from _range_problems(name, table, section)


def _choice_problems(table: Mapping[str, Any], section: str) -> Iterator[Problem]:
    choices = table["choices"]
    if not isinstance(choices, list) or not all(
        isinstance(value, str | int | float) for value in choices
    ):
        yield Problem(
            message=f"choices must be a list of names or numbers, but got {choices!r}",
            section=section,
            key="choices",
        )
    for key in ("low", "high", "scale"):
        if key in table:
            yield Problem(
                message="choices cannot be combined with low, high or scale",
                hint=f"Remove `{key}` or `choices`.",
                section=section,
                key=key,
            )


def _range_problems(name: str, table: Mapping[str, Any], section: str) -> Iterator[Problem]:
    whole = name in HYPERPARAMETERS and HYPERPARAMETERS[name].kind == "whole"
    kinds = int if whole else int | float
    for key in ("low", "high"):
        if key not in table:
            yield Problem(
                message=f"`{key}` is missing",
                hint="A range needs low and high, or choices = [...].",
                section=section,
                key=key,
            )
        elif not isinstance(table[key], kinds) or isinstance(table[key], bool):
            noun = "a whole number" if whole else "a number"
            yield Problem(
                message=f"must be {noun}, but got {table[key]!r}",
                hint="Numbers are written without quotation marks."
                if isinstance(table[key], str)
                else "",
                section=section,
                key=key,
            )
    if table.get("scale", "log") not in SCALES:
        yield Problem(
            message=f"scale must be one of {', '.join(SCALES)}, but got {table['scale']!r}",
            section=section,
            key="scale",
        )


def _parameter(name: str, table: Mapping[str, Any]) -> Parameter:
    if "choices" in table:
        return Choice(values=tuple(table["choices"]))
    low, high = table["low"], table["high"]
    if name == "batch_size":
        return PowersOfTwo(low=low, high=high)
    if name in HYPERPARAMETERS and HYPERPARAMETERS[name].kind == "whole":
        return WholeRange(low=low, high=high)
    default = "log" if name == "learning_rate" else "linear"
    if table.get("scale", default) == "log":
        return LogRange(low=float(low), high=float(high))
    return UniformRange(low=float(low), high=float(high))
