"""Reads JSON Lines, a JSON array, or one JSON object record by record, in flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from diagnostics.data_format import ReadingLog
from diagnostics.text_file import TextFile

__all__ = ["complete_values", "json_records"]

CHUNK_CHARACTERS = 1 << 18
LONGEST_RECORD = 1 << 28
"""Characters after which a record is taken for damage: far above any document."""

WHITESPACE = " \t\r\n\ufeff"
DECODER = json.JSONDecoder()


class _IncompleteError(Exception):
    """The input ended inside a value."""


class _Scanner:
    """A window on the text of a file that grows until it holds the next value."""

    def __init__(self, text: TextFile) -> None:
        self.file = text.path.open(encoding=text.encoding, errors="replace", newline="")
        self.buffer = ""
        self.at = 0
        self.line = 1

    def peek(self, ahead: int = 0) -> str:
        """The next character but `ahead` that is no white space; "" at the end of the file."""
        place, left = self.at, ahead
        while True:
            while place < len(self.buffer):
                if self.buffer[place] not in WHITESPACE:
                    if left == 0:
                        return self.buffer[place]
                    left -= 1
                place += 1
            place -= self.at  # the window starts at `at` once it has grown
            if not self.grow():
                return ""

    def grow(self) -> bool:
        """Read as much again as the window holds; False at the end of the file."""
        more = self.file.read(max(CHUNK_CHARACTERS, len(self.buffer) - self.at))
        self.buffer = self.buffer[self.at :] + more
        self.at = 0
        return bool(more)

    def take(self, character: str) -> bool:
        """Go behind `character` if it is the next one that is no white space."""
        if self.peek() != character:
            return False
        self._advance(self.buffer.index(character, self.at) + 1)
        return True

    def value(self) -> Any:
        """Decode the value that starts here and go behind it.

        Raises:
            _IncompleteError: If the file ends inside the value.
            ValueError: If it is no JSON.
        """
        self.line_of_next()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
                self._advance(end)
                return value
            except RecursionError:
                raise ValueError("it is nested too deeply") from None
            except json.JSONDecodeError as error:
                if not self._may_be_cut(error) or len(self.buffer) - self.at > LONGEST_RECORD:
                    raise
                if not self.grow():
                    raise _IncompleteError from None

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated") or error.pos > len(self.buffer) - 16

    def line_of_next(self) -> int:
        """Number of the line on which the next value starts."""
        if self.peek():
            self._advance(self.buffer.index(self.peek(), self.at))
        return self.line

    def skip_rest(self) -> None:
        """Go to the end of the file."""
        while self.grow():
            self.at = len(self.buffer)
        self.at = len(self.buffer)

    def skip_line(self) -> None:
        """Go to the start of the next line."""
        while (end := self.buffer.find("\n", self.at)) < 0:
            self._advance(len(self.buffer))
            if not self.grow():
                return
        self._advance(end + 1)

    def _advance(self, to: int) -> None:
        self.line += self.buffer.count("\n", self.at, to)
        self.at = to


def json_records(text: TextFile, log: ReadingLog) -> Iterator[tuple[int, Any]]:
    """The line on which each record starts, and the record.

    An array whose first element is an object or an array is taken for a list of records; otherwise
    every value at the top is a record (JSON Lines, also over several lines each).

    Raises:
        DataError: At the first broken record when `log` is strict; else it is left out.
    """
    scanner = _Scanner(text)
    with scanner.file:
        while scanner.peek():
            if scanner.peek() == "[" and scanner.peek(1) in ("{", "[", "]", "n"):
                scanner.take("[")
                yield from _array(scanner, log)
            else:
                yield from _value(scanner, log)


def _array(scanner: _Scanner, log: ReadingLog) -> Iterator[tuple[int, Any]]:
    while not scanner.take("]"):
        if not scanner.peek():
            log.defect("truncated-json", "the list of records is not closed.", scanner.line)
            return
        found = list(_value(scanner, log))
        yield from found
        if not found:
            return
        scanner.take(",")


def _value(scanner: _Scanner, log: ReadingLog) -> Iterator[tuple[int, Any]]:
    """The next record; nothing when it is broken, and then the rest of its line is passed over."""
    line = scanner.line_of_next()
    try:
        yield line, scanner.value()
    except _IncompleteError:
        log.defect("truncated-json", "the file ends inside the record that starts here.", line)
        scanner.skip_rest()
    except ValueError as error:
        log.defect("broken-json", f"this is no JSON: {_reason(error)}.", line)
        scanner.skip_line()


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno} of its line"
    return str(error)


def complete_values(head: str, limit: int = 3) -> list[Any]:
    """The first records of a JSON text that may be cut anywhere; empty when it is no JSON."""
    text = head.lstrip(WHITESPACE)
    is_array = text[:1] == "[" and text[1:].lstrip(WHITESPACE)[:1] in ("{", "[", "n")
    at, values = int(is_array), list[Any]()
    while len(values) < limit:
        at += len(text[at:]) - len(text[at:].lstrip(WHITESPACE + ","))
        try:
            value, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values
