"""Checks the values of options early: the rule, the value that broke it and the way out."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterable
from typing import Any

from tuner.errors import UsageError
from tuner.hyperparameters import HYPERPARAMETERS, value_problem
from tuner.problems import nearest_name_hint
from tuner.study_options import options_from_table

__all__ = [
    "OPTIONAL_HYPERPARAMETERS",
    "assignments",
    "folder_name",
    "hyperparameter",
    "hyperparameter_names",
    "real",
    "seconds",
    "time_span",
    "whole",
    "whole_number",
    "whole_numbers",
]

ALWAYS_SEARCHED = ("learning_rate", "batch_size", "epochs")
OPTIONAL_HYPERPARAMETERS = tuple(
    name
    for name, facts in HYPERPARAMETERS.items()
    if facts.searchable and name not in ALWAYS_SEARCHED
)
FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_NAME = 100


def whole_number(option: str, *, low: int) -> Callable[[str], int]:
    """Return a converter to whole numbers of at least `low`; it raises UsageError for others."""

    def convert(text: str) -> int:
        number = _whole(option, text)
        if number < low:
            raise UsageError(
                f"`{option} >= {low}` must hold, but got {number}.", f"Use {low} or more."
            )
        return number

    return convert


def whole_numbers(option: str) -> Callable[[str], tuple[int, ...]]:
    """Return a converter to rising whole numbers from 1, by comma; else it raises UsageError."""

    def convert(text: str) -> tuple[int, ...]:
        parts = [part.strip() for part in text.split(",")]
        numbers = tuple(int(part) for part in parts if re.fullmatch(r"\d{1,9}", part))
        rises = all(one < other for one, other in itertools.pairwise((0, *numbers)))
        if len(numbers) < len(parts) or not rises:
            raise UsageError(
                f"`{option}` takes rising whole numbers from 1, but got `{text}`.",
                f"Write e.g. {option} 2,4,8.",
            )
        return numbers

    return convert


def hyperparameter(name: str) -> Callable[[str], Any]:
    """Return a converter that checks the rule of a hyperparameter; it raises UsageError."""
    option = "--" + name.replace("_", "-")
    convert_kind = {"real": _real, "whole": _whole}.get(HYPERPARAMETERS[name].kind)

    def convert(text: str) -> Any:
        value = text if convert_kind is None else convert_kind(option, text)
        problem = value_problem(name, value)
        if problem is not None:
            rule = HYPERPARAMETERS[name].rule
            raise UsageError(
                f"`{option}`: {rule}, but got {text}.", "Change the value, or leave the option out."
            )
        return value

    return convert


def real(option: str) -> Callable[[str], float]:
    """Return a converter to numbers, whatever they are; it raises UsageError for other texts."""
    return lambda text: _real(option, text)


def whole(option: str) -> Callable[[str], int]:
    """Return a converter to whole numbers, whatever they are; it raises UsageError for others."""
    return lambda text: _whole(option, text)


def _whole(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"`{option}` takes a whole number, but got `{text}`.", f"Write e.g. {option} 8."
        ) from None


def _real(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"`{option}` takes a number, but got `{text}`.", "Write it as 0.00002 or 2e-5."
        ) from None


def seconds(option: str) -> Callable[[str], float]:
    """Return a converter to a number of seconds, 0 included; it raises UsageError."""

    def convert(text: str) -> float:
        number = _real(option, text)
        if not 0 <= number < float("inf"):
            raise UsageError(
                f"`{option} >= 0` must hold, but got {text}.", "Give seconds, such as 20."
            )
        return number

    return convert


def time_span(text: str) -> float:
    """Return the seconds in a time span such as `2h`, `90m`, `3600s` or `1h30m`.

    Raises:
        UsageError: It has no unit, is malformed or is 0.
    """
    options, faults = options_from_table({"time_budget": text})
    if faults:
        raise UsageError(
            f"A time must be longer than 0 and have units (d, h, m, s), but got `{text}`.",
            "Write it as 2h, 90m, 3600s or 1h30m.",
        )
    return float(options["time_budget"])


def folder_name(option: str) -> Callable[[str], str]:
    """Return a converter that lets names through which make one safe folder."""

    def convert(text: str) -> str:
        if not FOLDER_NAME.fullmatch(text) or len(text) > LONGEST_NAME:
            raise UsageError(
                f"`{option}` names a folder: letters, digits, `.`, `_` and `-`, starting with a "
                f"letter or digit, at most {LONGEST_NAME} of them; but got `{text}`.",
                "Choose another name; --runs-dir says where the folder is made.",
            )
        return text

    return convert


def hyperparameter_names(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated list of hyperparameters to search by choice.

    Raises:
        UsageError: A name is unknown, or is one that is never searched by choice.
    """
    names = dict.fromkeys(part.strip().replace("-", "_") for part in text.split(","))
    return tuple(_known(name) for name in names if name)


def _known(name: str) -> str:
    if name in OPTIONAL_HYPERPARAMETERS:
        return name
    if name == "seed":
        raise UsageError(
            "The seed is never searched: the best of many seeds is luck, not a setting.",
            "--confirm K trains the best settings with K more seeds and reports their spread.",
        )
    if name in ALWAYS_SEARCHED:
        raise UsageError(f"`{name}` is always searched.", f"Leave `{name}` out of --also.")
    raise UsageError(
        f"`--also` knows no hyperparameter `{name}`.",
        nearest_name_hint(name, OPTIONAL_HYPERPARAMETERS),
    )


def assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the settings in a list of `name=value`, each value as TOML would read it.

    Numbers, `true`, `false`, quoted strings and lists become what they look like; anything else
    stays the text it is.

    Raises:
        UsageError: A pair has no `=`, no valid name, or a name comes twice.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not SETTING_NAME.fullmatch(name):
            raise UsageError(
                f"`--set` takes name=value, but got `{pair}`.",
                "Write e.g. --set max_grad_norm=0.5 --set optim=adafactor.",
            )
        if name in settings:
            raise UsageError(f"`--set {name}` is given twice.", "Keep one of the two.")
        settings[name] = _read_value(value.strip())
    return settings


def _read_value(text: str) -> Any:
    spelled = text.lower() if text.lower() in ("true", "false") else text
    try:
        table = tomllib.loads(f"value = {spelled}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text
