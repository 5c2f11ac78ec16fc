"""JSON files that survive a crash, and write errors told as what they are.

Whole files are written beside their place and renamed into it. Files that grow get one line at a
time, flushed to the disk; a line torn by a crash is cut off when the file is opened again. No
password or token is ever written.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.search.plain_files import append_to, create_anew, read_bytes
from tuner.secrets_in_text import values_without_secrets
from tuner.values import to_plain
from tuner.write_errors import write_error

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

DELETED_SUFFIX = ".deleted"


@contextmanager
def guard_writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StudyError` with a way out."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


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
    plain = values_without_secrets(to_plain(value))
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    _replace(path, text, durable=durable)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, or None when there is no such file.

    Raises:
        StudyError: When the file is there but is no JSON, no regular file, or far too large.
    """
    try:
        return json.loads(read_bytes(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, OSError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudyError(
            f"`{path}` cannot be read: {reason}.", "Delete the file, or start a new study."
        ) from error


def append_line(path: Path, value: object) -> None:
    """Append one JSON line and push it to the disk.

    Raises:
        StudyError: When the disk is full or the folder cannot be written.
    """
    with guard_writing(path), append_to(path) as file:
        file.write(_line(value))
        file.flush()
        os.fsync(file.fileno())


def write_lines(path: Path, values: Iterable[object]) -> None:
    """Write a file of JSON lines at once or not at all."""
    _replace(path, "".join(_line(value) for value in values))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file of lines; torn and foreign lines are left out.

    Raises:
        StudyError: When the file is there but cannot be read, or is far too large.
    """
    try:
        text = read_bytes(path).decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StudyError(
            f"`{path}` cannot be read: {error.strerror or error}.",
            "Delete the file, or start a new study.",
        ) from error
    return [entry for line in text.split("\n") if (entry := _parsed(line)) is not None]


def cut_torn_line(path: Path) -> None:
    """Cut off what a crash left behind the last complete line, so that the next one starts anew."""
    if not path.exists():
        return
    with guard_writing(path):
        content = read_bytes(path)
        length = content.rfind(b"\n") + 1
        if length < len(content):
            with append_to(path) as file:
                file.truncate(length)


def remove_tree(path: Path, *, within: Path | None = None) -> None:
    """Delete a folder; a crash in between leaves none that could be taken for a whole one.

    A link is deleted in place of what it leads to.

    Args:
        path: The folder; it need not exist.
        within: Folder of the study, beyond which nothing is deleted; None: the folder's parent.

    Raises:
        StudyError: When it cannot be deleted, or a link above it leads out of `within`.
    """
    doomed = path.with_name(path.name + DELETED_SUFFIX)
    if not (os.path.lexists(path) or os.path.lexists(doomed)):
        return
    if not path.parent.resolve().is_relative_to((within or path.parent).resolve()):
        raise StudyError(
            f"`{path}` was to be deleted, but a link leads from there out of `{within}`.",
            "Remove the link, or start another study with --new.",
        )
    _destroy(doomed)
    if os.path.lexists(path):
        with guard_writing(path):
            path.rename(doomed)
        _destroy(doomed)


def _destroy(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _line(value: object) -> str:
    return json.dumps(values_without_secrets(to_plain(value)), ensure_ascii=False) + "\n"


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return dict(entry) if isinstance(entry, Mapping) else None


def _replace(path: Path, text: str, *, durable: bool = True) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with guard_writing(path):
        with create_anew(partial) as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
