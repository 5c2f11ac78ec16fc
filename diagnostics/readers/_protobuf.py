"""The wire format of protocol buffers, as far as it takes to read numbers and texts."""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["BrokenMessageError", "Field", "fields", "numbers"]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Field = tuple[int, int, int | bytes]
"""Number of the field, wire type, and its value: an int, or bytes for all other types."""


class BrokenMessageError(ValueError):
    """Bytes that are no whole message."""


def fields(message: bytes) -> Iterator[Field]:
    """Yield the fields of a message in their order; groups, long out of use, are none.

    Raises:
        BrokenMessageError: Where the message ends within a field, or a wire type is unknown.
    """
    position, end = 0, len(message)
    while position < end:
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, position = _varint(message, position)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, position = _varint(message, position)
        elif kind in {FIXED64, FIXED32}:
            size = 8 if kind == FIXED64 else 4
        else:
            raise BrokenMessageError(f"wire type {kind} is unknown")
        if position + size > end:
            raise BrokenMessageError("the message ends within a field")
        yield number, kind, message[position : position + size]
        position += size


def numbers(content: bytes, kind: str) -> tuple[float, ...]:
    """Return packed little-endian numbers of a `struct` format such as `f`; a torn one is none."""
    size = struct.calcsize(f"<{kind}")
    count = len(content) // size
    return struct.unpack_from(f"<{count}{kind}", content)


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return a number of variable length, and the position after it."""
    value = shift = 0
    while position < len(message) and shift < 64:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise BrokenMessageError("a number does not end")
