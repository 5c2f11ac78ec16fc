"""Reads the files of strangers: bounded, tolerant of what is torn, clear about what is no JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import is_file

__all__ = ["items_of", "mapping", "optional_mapping", "read_bytes", "read_lines", "read_mapping"]

LARGEST = 128 * 2**20
"""Bytes of the largest file that is read: parsed JSON takes several times its size in memory."""

_LFS = b"version https://git-lfs"
_UNREADABLE = (ValueError, RecursionError, MemoryError)  # UnicodeDecodeError is a ValueError


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        DiagnosticsError: It cannot be opened, is larger than `LARGEST`, or is a Git LFS pointer.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DiagnosticsError(
                f"`{path}` has {size / 2**20:.0f} MiB; at most {LARGEST // 2**20} MiB are read.",
                "Keep every tenth line of the step-level log.",
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise DiagnosticsError(f"`{path}` cannot be read: {error}.") from error
    if content.startswith(_LFS):
        raise DiagnosticsError(
            f"`{path}` is a Git LFS pointer, not the file itself.", "Run `git lfs pull` there."
        )
    return content


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; NaN and Infinity literals are read as such.

    Raises:
        DiagnosticsError: The file cannot be read or holds no JSON object.
    """
    content = read_bytes(path)
    if not content.strip():
        raise DiagnosticsError(f"`{path}` is empty.")
    try:
        value = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except _UNREADABLE as error:
        raise DiagnosticsError(f"`{path}` is no JSON: {_short(error)}.") from error
    if not isinstance(value, dict):
        raise DiagnosticsError(f"`{path}` holds no JSON object but a {type(value).__name__}.")
    return value


def optional_mapping(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file that adds something; empty when there is none to be read."""
    try:
        return read_mapping(path) if is_file(path) else {}
    except DiagnosticsError:
        return {}


def read_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the objects of a JSON-lines file, and how many lines were torn or none.

    Raises:
        DiagnosticsError: The file cannot be read at all.
    """
    entries, lost = [], 0
    for line in read_bytes(path).splitlines():
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except _UNREADABLE:
            value = None
        if isinstance(value, dict):
            entries.append(value)
        else:
            lost += 1
    return entries, lost


def items_of(content: bytes, key: str) -> list[dict[str, Any]]:
    """Return the objects of the array under `key` in JSON that was cut off; for rescue only."""
    text = content.decode("utf-8", errors="replace")
    _, found, rest = text.partition(f'"{key}"')
    position = rest.find("[") + 1
    items: list[dict[str, Any]] = []
    decoder = json.JSONDecoder()
    while found and position:
        start = rest.find("{", position)
        if start < 0 or rest[position:start].strip(" \t\r\n,"):
            break
        try:
            item, position = decoder.raw_decode(rest, start)
        except _UNREADABLE:
            break
        items.append(item)
    return items


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
