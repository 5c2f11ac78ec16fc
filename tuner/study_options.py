"""The `[options]` table of a study file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tuner.problems import Problem, nearest_name_hint

__all__ = ["ALL_DEVICES", "options_from_table"]

ALL_DEVICES = "all"

_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)\s*([dhms])\s*)+")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])")
_GPU = re.compile(r"(?:cuda:)?(\d{1,4})")
_KINDS = ("cpu", "mps", "cuda")


def options_from_table(table: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Check the options and give them as fields of `SearchOptions`.

    Returns:
        The sound options (`time_budget` in seconds), and the problems of the others.
    """
    options: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in table.items():
        if key not in _OPTIONS:
            message, hint = f"there is no option `{key}`", nearest_name_hint(key, _OPTIONS)
            problems.append(Problem(message=message, hint=hint, section="options", key=key))
            continue
        rule, convert = _OPTIONS[key]
        converted = convert(value)
        if converted is None:
            message = f"must be {rule}, but got {value!r}"
            problems.append(Problem(message=message, section="options", key=key))
        else:
            options[key] = converted
    return options, tuple(problems)


def _whole(low: int) -> Callable[[object], int | None]:
    def convert(value: object) -> int | None:
        sound = isinstance(value, int) and not isinstance(value, bool) and value >= low
        return value if sound and isinstance(value, int) else None

    return convert


def _sampler(value: object) -> str | None:
    return str(value) if value in ("gp", "tpe", "random") else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 < value < float("inf") else None
    if not isinstance(value, str) or not _DURATION.fullmatch(value.strip()):
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    return total or None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _per_device(value: object) -> int | str | None:
    return value if value == "auto" and isinstance(value, str) else _whole(1)(value)


def _devices(value: object) -> tuple[str, ...] | None:
    """Return devices by their full names: `0` is `cuda:0`; None for what names none."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Sequence) or any(isinstance(part, bool) for part in parts):
        return None
    names = tuple(_device(str(part).strip().lower()) for part in parts)
    known = tuple(name for name in names if name is not None)
    alone = ALL_DEVICES not in known or len(known) == 1
    return known if known == names and known and alone and len(set(known)) == len(known) else None


def _device(name: str) -> str | None:
    gpu = _GPU.fullmatch(name)
    if gpu is not None:
        return f"cuda:{int(gpu.group(1))}"
    return name if name in (*_KINDS, ALL_DEVICES) else None


_OPTIONS: Mapping[str, tuple[str, Callable[[object], Any]]] = MappingProxyType(
    {
        "trials": ("a whole number of at least 1", _whole(1)),
        "time_budget": ("seconds or a time like `2h` or `1h30m`", _seconds),
        "confirm": ("a whole number of at least 0", _whole(0)),
        "contenders": ("a whole number of at least 1", _whole(1)),
        "sampler": ("`gp`, `tpe` or `random`", _sampler),
        "prune": ("true or false", _flag),
        "stop_when_flat": ("true or false", _flag),
        "engine": ("the name of an engine, such as `workers`", _text),
        "devices": ("devices, each once, such as `0,1`, `cuda:0`, `cpu`, or `all` alone", _devices),
        "per_device": ("a whole number of at least 1, or `auto`", _per_device),
        "address": ("the address of a cluster, such as `ray://host:10001`", _text),
        "artifacts": ("a URL or a folder", _text),
    }
)
