"""Numbers and times as people and programs write them into the cells of a table."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from diagnostics.readers._vocabulary import figure

__all__ = ["clock_of", "duration_of", "number_of", "place_of"]

_LONGEST = 80
_WRAPPED = re.compile(r"(?:tensor|(?:np|numpy)\.float\d{2})\(\s*\[?([-+\w.]{1,40})\]?[^()]*\)")
_PLACE = re.compile(
    r"(?:epoch|step|iter|iteration)?[ :#]{0,3}(\d{1,12})(?: ?(?:/|of) ?\d{1,12})?", re.IGNORECASE
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){1,4}")
_TIME = re.compile(r"(\d{1,4}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,9})?))?")


def number_of(value: Any) -> float | None:
    """Return what a cell says as a number, NaN and infinity included; None for anything else.

    Besides plain numbers these are understood: `tensor(0.5)`, `np.float64(0.5)`, `95.3%` (a share),
    and a decimal comma.
    """
    if not isinstance(value, str):
        return value if value.__class__ is float else figure(value)
    try:
        return float(value)
    except ValueError:
        return _written_oddly(value.strip())


def _written_oddly(text: str) -> float | None:
    if not text or len(text) > _LONGEST:
        return None
    if (wrapped := _WRAPPED.fullmatch(text)) is not None:
        text = wrapped[1]
    share = text.endswith("%")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    return value / 100 if share else value


def place_of(value: Any) -> float | None:
    """Return an epoch or a step, also from `3/10`, `Epoch 3` or `12,500`; None for others."""
    if not isinstance(value, str):
        return number_of(value)
    try:
        return float(value)
    except ValueError:
        text = value.strip()[:_LONGEST]
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    found = _PLACE.fullmatch(text)
    return float(found[1]) if found else number_of(text)


def duration_of(value: Any) -> float | None:
    """Return seconds, also from `1:30` (minutes) and `1:00:30` (hours); None for anything else."""
    if isinstance(value, str) and (time := _TIME.fullmatch(value.strip()[:_LONGEST])):
        first, second, third = time.groups()
        minutes = int(first) * 60 + float(second)
        return minutes if third is None else minutes * 60 + float(third)
    return number_of(value)


def clock_of(value: Any) -> float | None:
    """Return a time of day, a date with time or a count of seconds, in seconds; None for others."""
    seconds = number_of(value)
    if seconds is not None:
        return seconds if math.isfinite(seconds) else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    if (time := _TIME.fullmatch(text)) is not None:
        first, second, third = time.groups()
        return (int(first) * 60 + int(second)) * 60 + float(third or 0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
