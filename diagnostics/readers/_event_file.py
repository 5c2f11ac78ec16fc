"""TensorBoard event files: scalars and texts out of TFRecord frames, without TensorFlow.

A frame is the length of a record (8 bytes), a check sum of the length, the record, and a check sum
of the record. A record is a `tensorflow.Event` message. The check sums are CRC-32C, masked.
"""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._documents import read_bytes
from diagnostics.readers._event_message import Event, event_of
from diagnostics.readers._protobuf import BrokenMessageError

__all__ = ["EventFile", "is_event_file", "read_event_file"]

MOST_RECORDS = 100_000
"""Records of a file that are taken apart; of a longer one, evenly spread blocks of records."""

_LARGEST_RECORD = 2**20
"""Bytes of the longest record that is looked at: scalars have less than 200; images are skipped."""

_MOST_CHECKED = 4 * 2**20
"""Bytes whose check sums are computed: in Python a second for some 5 MiB."""

_BLOCK = 16
_MOST_NOTES = 10
_SAMPLE = 1_000
_EVALUATION = re.compile(rb"val|dev|test")


@dataclass(slots=True)
class EventFile:
    """What an event file holds.

    Attributes:
        scalars: Step, tag and value, in the order of the file.
        texts: Tag to the first text logged under it.
        notes: What was lost or left out, as sentences.
        records: How many records the file has, as far as it is whole.
    """

    scalars: list[tuple[int, str, float]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    records: int = 0

    def note(self, text: str) -> None:
        """Keep a note, once, and no more than a few."""
        if text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)


def is_event_file(path: Path) -> bool:
    """Return whether a file begins like an event file: with a frame that tells its version."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except (OSError, ValueError):
        return False
    return len(head) >= 12 and _length(head[:12]) is not None and b"brain.Event:" in head


def read_event_file(path: Path, *, most: int | None = None) -> EventFile:
    """Read the scalars and texts of an event file, as far as it is whole.

    Args:
        path: The file.
        most: Stop after so many records; None for all.

    Raises:
        DiagnosticsError: The file cannot be opened, or is no event file.
    """
    found = EventFile()
    try:
        with path.open("rb") as file:
            for record in islice(_Records(file, found), most):
                _take(record, found)
    except (OSError, ValueError) as error:
        raise DiagnosticsError(f"`{path}` cannot be read: {error}.") from error
    if not found.records:
        if path.stat().st_size < 1_000:
            read_bytes(path)  # which refuses a Git LFS pointer as such
        raise DiagnosticsError(f"`{path}` is no event file of TensorBoard, or is damaged at once.")
    found.notes = [f"{path.name}: {note}" for note in found.notes]
    return found


def _take(record: bytes, found: EventFile) -> None:
    try:
        event = event_of(record)
    except (BrokenMessageError, struct.error):
        event = Event()
        found.note("a damaged record was left out.")
    for tag, value in event.values:
        if isinstance(value, str):
            found.texts.setdefault(tag, value)
        else:
            found.scalars.append((event.step, tag, value))


class _Records:
    """Walks over the frames of a file and yields the records to be taken apart."""

    def __init__(self, file: BinaryIO, found: EventFile) -> None:
        self._file = file
        self._found = found
        self._left = os.fstat(file.fileno()).st_size
        self._size = self._left
        self._stride = 1
        self._checked = 0

    def __iter__(self) -> Iterator[bytes]:
        while (length := self._next_length()) is not None:
            self._found.records += 1
            if length > _LARGEST_RECORD:
                self._file.seek(length + 4, os.SEEK_CUR)
                continue
            record = self._file.read(length)
            if not self._is_whole(record, self._file.read(4)):
                self._found.note(f"record {self._found.records:,} is damaged and was left out.")
            elif self._is_chosen(record):
                yield record

    def _next_length(self) -> int | None:
        """Return the length of the next record; None at the end, and where the file is torn."""
        head = self._file.read(12)
        if not head:
            return None
        checked = self._checked < _MOST_CHECKED or len(head) < 12
        length = _length(head) if checked else int.from_bytes(head[:8], "little")
        self._left -= 12
        if length is not None and length + 4 <= self._left:
            self._left -= length + 4
            return length
        how = "damaged" if length is None and len(head) == 12 else "cut off"
        self._found.note(f"the file is {how} after {self._found.records:,} records.")
        return None

    def _is_whole(self, record: bytes, check_sum: bytes) -> bool:
        if self._checked >= _MOST_CHECKED:
            return True
        self._checked += len(record)
        return check_sum == _masked(record)

    def _is_chosen(self, record: bytes) -> bool:
        """Choose blocks, not single records: several tags are logged by turns at each step."""
        count = self._found.records
        if count == _SAMPLE:
            expected = self._size / (self._size - self._left) * _SAMPLE
            self._stride = max(1, math.ceil(expected / MOST_RECORDS))
            if self._stride > 1:
                self._found.note(f"one in {self._stride} records was read, evenly spread.")
        chosen = (count // _BLOCK) % self._stride == 0
        return chosen or _EVALUATION.search(record) is not None


def _length(head: bytes) -> int | None:
    """Return the length that a frame's first bytes tell; None if their check sum does not fit."""
    if len(head) < 12 or head[8:12] != _masked(head[:8]):
        return None
    return int.from_bytes(head[:8], "little")


def _masked(content: bytes) -> bytes:
    """Return the check sum of bytes as TFRecord frames write it."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    rotated = ((crc >> 15) | (crc << 17)) & 0xFFFFFFFF
    return ((rotated + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


@cache
def _table() -> tuple[int, ...]:
    """Return the table of CRC-32C (Castagnoli)."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
