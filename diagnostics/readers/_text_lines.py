"""The lines of a text from strangers: any encoding, any line ends, in flat memory.

A carriage return or a backspace ends a line too: a progress bar that draws itself anew leaves one
line for each state it was in.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from diagnostics.errors import DiagnosticsError
from diagnostics.text_head import BYTE_ORDER_MARKS, decode_head

__all__ = ["Line", "lines_of_file", "lines_of_text", "plain", "samples"]

Line = tuple[int, str]
"""Number of a line in the file, from 1, and its text without line end."""

LARGEST = 2**30
"""Bytes of a log after which reading stops: what came before tells enough of a run."""

LONGEST_LINE = 1 << 14
"""Characters of a line that are kept: no logged row comes near."""

_CHUNK = 1 << 20
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|[()][0-9A-B]|[=>78])")


def lines_of_file(path: Path, notes: list[str]) -> Iterator[Line]:
    """Yield the lines of a text file that hold anything; what was cut off is added to `notes`.

    Raises:
        DiagnosticsError: The file cannot be opened, is empty, or is no text.
    """
    encoding = _encoding(path, _read(path, 0, 1 << 16))
    return _lines(_decoded(path, encoding, notes), notes)


def lines_of_text(text: str, notes: list[str]) -> Iterator[Line]:
    """Yield the lines of a text that hold anything; what was cut off is added to `notes`."""
    pieces = (text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK))
    return _lines(pieces, notes)


def samples(path: Path, head: int, tail: int) -> tuple[str, str]:
    """Return the text of the first and the last bytes of a file; both empty for what is no text."""
    try:
        size = path.stat().st_size
        whole = size <= head + tail
        start = _read(path, 0, head + tail if whole else head)
        encoding = _encoding(path, start) or "utf-8"
        end = b"" if whole else _read(path, size - tail, tail)
    except (DiagnosticsError, OSError):
        return "", ""
    return _decode(start, encoding), _decode(end, encoding)


def plain(line: str) -> str:
    """Return a line without what steers a terminal: colours and movements of the cursor."""
    return _ESCAPES.sub("", line) if "\x1b" in line else line


def _read(path: Path, start: int, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(count)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise DiagnosticsError(f"`{path}` cannot be read: {error}.") from error


def _encoding(path: Path, head: bytes) -> str | None:
    """Return the encoding that the first bytes show; None where each chunk decides for itself."""
    if not head.strip():
        raise DiagnosticsError(f"`{path}` is empty.")
    if decode_head(head.replace(b"\x08", b"")) is None:
        raise DiagnosticsError(f"`{path}` is a binary file, not the text of a log.")
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding if encoding != "utf-8-sig" else None
    if b"\x00" in head:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    return None


def _decoded(path: Path, encoding: str | None, notes: list[str]) -> Iterator[str]:
    wide = None if encoding is None else codecs.getincrementaldecoder(encoding)(errors="replace")
    left = b""
    total = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            total += len(chunk)
            if total > LARGEST:
                notes.append(f"Only the first {LARGEST >> 30} GiB of {path.name} was read.")
                return
            if wide is not None:
                yield wide.decode(chunk)
                continue
            # Whole lines are decoded, so that no character is torn between two chunks.
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1 or len(chunk)
            yield _decode(left + chunk[:end], "utf-8")
            left = chunk[end:]
    yield _decode(left, "utf-8")


def _decode(content: bytes, encoding: str) -> str:
    if encoding != "utf-8":
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:  # written by a Windows program, or with a damaged place
        return content.decode("cp1252", errors="replace")


def _lines(chunks: Iterable[str], notes: list[str]) -> Iterator[Line]:
    number, rest, cut = 1, "", 0
    for chunk in chunks:
        *whole, tail = (rest + chunk.replace("\r\n", "\n")).split("\n")
        for line in whole:
            cut += len(line) > LONGEST_LINE
            yield from _states(number, line)
            number += 1
        *done, rest = tail.replace("\x08", "\r").split("\r")
        for state in done:
            yield from _states(number, state)
        if len(rest) > LONGEST_LINE:  # the end of an endless line is of no use
            rest = rest[: LONGEST_LINE + 1]
    yield from _states(number, rest)
    if cut:
        notes.append(f"{cut} very long line{'s were' if cut > 1 else ' was'} looked at in part.")


def _states(number: int, line: str) -> Iterator[Line]:
    """Yield the states that one line was in, progress bars drawn anew among them."""
    if "\r" not in line and "\x08" not in line:
        if line and not line.isspace():
            yield number, line[:LONGEST_LINE]
        return
    for state in line.replace("\x08", "\r").split("\r"):
        if state and not state.isspace():
            yield number, state[:LONGEST_LINE]
