"""Reads JSON Lines, a JSON array, or one JSON object record by record, in flat memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from diagnostics.data_format import ReadingLog
from diagnostics.text_file import TextFile

__all__ = ["complete_values", "json_records"]

CHUNK_CHARACTERS = 1 << 18
LONGEST_START = 200
"""Characters within which the first key of a record is looked for."""

SEARCHED_CHARACTERS = 1 << 26
"""Characters that are decoded in vain, all in all, in search of the record behind a broken one."""

DEEP_COST = 1 << 18
"""What a place counts from which nothing can be decoded without great effort."""

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

    def head(self) -> str:
        """The first characters of the next value, as far as they are in the window."""
        return self.buffer[self.at : self.at + 100]

    def search(self, pattern: re.Pattern[str], records: _Records) -> int:
        """Go to the next place behind this one where a record like the others starts.

        Returns:
            How many characters may still be looked at in vain: files from strangers could make
            every place look like a start. When none are left, the next line counts as the next.
        """
        left = records.left
        self._advance(self.at + 1)
        while left > 0:
            match = pattern.search(self.buffer, self.at)
            if match is None:
                self._advance(max(self.at, len(self.buffer) - LONGEST_START))
                if not self.grow():
                    self._advance(len(self.buffer))
                    return left
                continue
            self._advance(match.start())
            try:
                value, _ = DECODER.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                left -= error.pos - self.at + 100
                if error.pos <= len(self.buffer) - 16 or not self.grow():
                    self._advance(self.at + 1)
                continue
            except (RecursionError, ValueError):  # too deep, or a number of too many digits
                left -= DEEP_COST
                self._advance(self.at + 1)
                continue
            if records.alike(value):
                return left
            self._advance(self.at + 1)
        self.skip_line()
        return 0

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
    records = _Records(scanner, log)
    with scanner.file:
        while scanner.peek():
            if scanner.peek() == "[" and scanner.peek(1) in ("{", "[", "]", "n"):
                scanner.take("[")
                yield from records.array()
            else:
                yield from records.value()


class _Records:
    """Takes records one by one, and finds the next one behind a broken one."""

    def __init__(self, scanner: _Scanner, log: ReadingLog) -> None:
        self.scanner = scanner
        self.log = log
        self.keys: frozenset[str] = frozenset()
        self.first_key = ""
        self.one_line_each = True
        self.last_line = 0
        self.left = SEARCHED_CHARACTERS

    def array(self) -> Iterator[tuple[int, Any]]:
        """The records of a list whose bracket was taken."""
        cut_before = self.log.counts.get("truncated-json", 0)
        while not self.scanner.take("]"):
            if not self.scanner.peek():
                if self.log.counts.get("truncated-json", 0) == cut_before:
                    message = "the list of records is not closed."
                    self.log.defect("truncated-json", message, self.scanner.line)
                return
            yield from self.value()
            self.scanner.take(",")

    def value(self) -> Iterator[tuple[int, Any]]:
        """The next record; nothing when it is broken, and then the next one is searched."""
        scanner = self.scanner
        line = scanner.line_of_next()
        start = scanner.head()
        try:
            value = scanner.value()
        except _IncompleteError:
            message = "the file ends inside the record that starts here."
            self.log.defect("truncated-json", message, line)
            self._find_next(start, line)
            return
        except ValueError as error:
            self.log.defect("broken-json", f"this is no JSON: {_reason(error)}.", line)
            self._find_next(start, line)
            return
        self._learn(value, line, start)
        yield line, value

    def _learn(self, value: Any, line: int, start: str) -> None:
        """Keep how records look, to know the next one again behind a broken one."""
        if not self.keys and isinstance(value, dict):
            self.keys = frozenset(map(str, value))
            self.first_key = _first_key(start)
        if line == self.last_line or self.scanner.line != line:
            self.one_line_each = False
        self.last_line = line

    def _find_next(self, start: str, line: int) -> None:
        """Go to the start of the next record: on the next line, or where one like the others is."""
        if start[:1] != "{" or (self.one_line_each and self.last_line not in (0, line)):
            self.scanner.skip_line()
            return
        key = re.escape(self.first_key) if self.first_key else r'"[^"\\]{1,80}"'
        self.left = self.scanner.search(re.compile(rf"\{{\s*{key}\s*:"), self)

    def alike(self, value: Any) -> bool:
        """Whether a value has at least half of the keys of the first record.

        Before any record was read, one is an object that holds a list: spans inside records do not.
        """
        if not isinstance(value, dict):
            return False
        if not self.keys:
            return any(isinstance(part, list) for part in value.values())
        return len(self.keys & value.keys()) * 2 >= len(self.keys)


def _first_key(start: str) -> str:
    """The first key of an object, in quotes as the file writes it; "" when there is none."""
    match = re.match(r'\{\s*("[^"\\]{1,80}")\s*:', start)
    return match[1] if match else ""


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
