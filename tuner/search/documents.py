"""JSON files that survive a crash, and write errors told as what they are.

Whole files are written beside their place and renamed into it. Files that grow get one line at a
time, flushed to the disk; a line torn by a crash is cut off when the file is opened again.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.values import to_plain

__all__ = [
    "append_line",
    "cut_torn_line",
    "guard_writing",
    "read_json",
    "read_lines",
    "remove_tree",
    "write_json",
    "write_lines",
]

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)
DELETED_SUFFIX = ".deleted"
ESCAPE = "backslashreplace"
"""How bytes of file names that are no UTF-8 are written: as JSON escapes, which read back."""


@contextmanager
def guard_writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StudyError` with a way out."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> StudyError:
    """Say why `path` could not be written, and what to do."""
    if error.errno in DISK_FULL:
        return StudyError(
            f"The disk is full: `{path}` could not be written.",
            "Make room and run the same command again: it goes on where it stopped.",
        )
    if error.errno in NO_PERMISSION:
        return StudyError(
            f"No permission to write `{path}`.",
            "Change the folder's permissions, or choose another place for the results.",
        )
    return StudyError(
        f"`{path}` could not be written: {error.strerror or error}.",
        "Mend that, or choose another place for the results; then run the same command again: it "
        "goes on where it stopped.",
    )


def write_json(path: Path, value: object, *, durable: bool = True) -> None:
    """Write a JSON file at once or not at all.

    Args:
        path: The file.
        value: What `to_plain` understands.
        durable: Whether to wait until the disk has it. Without, the file survives a crash of the
            process but not surely one of the machine; for files that are written every epoch and
            can be made again.

    Raises:
        StudyError: When the disk is full or the folder cannot be written.
    """
    text = json.dumps(to_plain(value), indent=2, ensure_ascii=False) + "\n"
    _replace(path, text, durable=durable)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, or None when there is no such file.

    Raises:
        StudyError: When the file is there but is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise StudyError(
            f"`{path}` cannot be read: {error}.", "Delete the file, or start a new study."
        ) from error


def append_line(path: Path, value: object) -> None:
    """Append one JSON line and push it to the disk.

    Raises:
        StudyError: When the disk is full or the folder cannot be written.
    """
    with guard_writing(path), path.open("a", encoding="utf-8", errors=ESCAPE) as file:
        file.write(_line(value))
        file.flush()
        os.fsync(file.fileno())


def write_lines(path: Path, values: Iterable[object]) -> None:
    """Write a file of JSON lines at once or not at all."""
    _replace(path, "".join(_line(value) for value in values))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file of lines; torn and foreign lines are left out."""
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [entry for line in text.split("\n") if (entry := _parsed(line)) is not None]


def cut_torn_line(path: Path) -> None:
    """Cut off what a crash left behind the last complete line, so that the next one starts anew."""
    if not path.exists():
        return
    content = path.read_bytes()
    length = content.rfind(b"\n") + 1
    if length < len(content):
        with guard_writing(path):
            os.truncate(path, length)


def remove_tree(path: Path) -> None:
    """Delete a folder; a crash in between leaves none that could be taken for a whole one."""
    doomed = path.with_name(path.name + DELETED_SUFFIX)
    shutil.rmtree(doomed, ignore_errors=True)
    if path.exists():
        with guard_writing(path):
            path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _line(value: object) -> str:
    return json.dumps(to_plain(value), ensure_ascii=False) + "\n"


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return dict(entry) if isinstance(entry, Mapping) else None


def _replace(path: Path, text: str, *, durable: bool = True) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with guard_writing(path):
        with partial.open("w", encoding="utf-8", errors=ESCAPE) as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
