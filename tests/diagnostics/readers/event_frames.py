"""Frames of a TensorBoard event file, written as a plain writer encodes them."""

from __future__ import annotations

import struct

from diagnostics.readers import _event_file

__all__ = ["frame_of"]


def frame_of(step: int, tag: str, value: float) -> bytes:
    """Return a frame with one scalar; the step must be below 2^14, the tag below 100 letters."""
    inner = b"\x0a" + bytes([len(tag)]) + tag.encode() + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(inner)]) + inner
    low, high = step & 0x7F, step >> 7
    number = bytes([low]) if not high else bytes([low | 0x80, high])
    record = b"\x10" + number + b"\x2a" + bytes([len(summary)]) + summary
    head = len(record).to_bytes(8, "little")
    return head + _event_file._masked(head) + record + _event_file._masked(record)
