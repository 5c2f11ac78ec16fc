"""The `tensorflow.Event` message: the step, the scalars and the texts of one record."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from diagnostics.readers._protobuf import BYTES, FIXED32, VARINT, fields, numbers

__all__ = ["Event", "event_of"]

_LONGEST_TAG = 200
_LONGEST_TEXT = 200_000

_EVENT_STEP, _EVENT_SUMMARY, _SUMMARY_VALUE = 2, 5, 1
_VALUE_TAG, _VALUE_SIMPLE, _VALUE_TENSOR = 1, 2, 8
_TENSOR_TYPE, _TENSOR_CONTENT, _TENSOR_STRING = 1, 4, 8
_TENSOR_NUMBERS = {5: "f", 6: "d"}
_TYPES = {1: "f", 2: "d", 3: "i", 9: "q"}
"""Number of a tensor's type to the `struct` format of its content."""


@dataclass(frozen=True, slots=True)
class Event:
    """The step of a record and its values: tag and number, or tag and text."""

    step: int = 0
    values: tuple[tuple[str, float | str], ...] = ()


def event_of(record: bytes) -> Event:
    """Return what a record holds; images, histograms and graphs are nothing.

    Raises:
        BrokenMessageError: The record is no whole message.
    """
    step = 0
    values: list[tuple[str, float | str]] = []
    for number, kind, content in fields(record):
        if number == _EVENT_STEP and kind == VARINT and isinstance(content, int):
            # A negative step is written as a number of 64 bits.
            step = content - 2**64 if content >= 2**63 else content
        elif number == _EVENT_SUMMARY and isinstance(content, bytes):
            values.extend(_values(content))
    return Event(step, tuple(values))


def _values(summary: bytes) -> Iterator[tuple[str, float | str]]:
    for number, kind, content in fields(summary):
        if number == _SUMMARY_VALUE and kind == BYTES and isinstance(content, bytes):
            tag, value = _value(content)
            if tag and value is not None:
                yield tag, value


def _value(message: bytes) -> tuple[str, float | str | None]:
    tag = ""
    value: float | str | None = None
    for number, kind, content in fields(message):
        if not isinstance(content, bytes):
            continue
        if number == _VALUE_TAG:
            tag = content[:_LONGEST_TAG].decode("utf-8", errors="replace")
        elif number == _VALUE_SIMPLE and kind == FIXED32:
            value = _single(struct.unpack("<f", content)[0])
        elif number == _VALUE_TENSOR:
            value = _tensor(content)
    return tag, value


def _tensor(message: bytes) -> float | str | None:
    """Return the one number or text in a tensor; None for larger ones and other types."""
    parts = {number: value for number, _, value in fields(message)}
    text = parts.get(_TENSOR_STRING)
    if isinstance(text, bytes):
        return text[:_LONGEST_TEXT].decode("utf-8", errors="replace")
    kind = parts.get(_TENSOR_TYPE)
    places = {_TENSOR_CONTENT: _TYPES.get(kind, "") if isinstance(kind, int) else ""}
    for number, form in (places | _TENSOR_NUMBERS).items():
        content = parts.get(number)
        found = numbers(content, form) if form and isinstance(content, bytes) else ()
        if len(found) == 1:
            return _single(found[0]) if form == "f" else float(found[0])
    return None


def _single(value: float) -> float:
    """Return a number of single precision with the digits it has: 2e-05, not 1.99999994e-05."""
    return float(f"{value:.7g}")
