"""Files of a training on their way between a node and the study, in chunks of bounded size.

Only plain files below the folders named here travel, under names that are checked on arrival: a
name from elsewhere never leads out of the folder it is meant for.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tuner.errors import StudyError

__all__ = [
    "CHUNK",
    "FileFacts",
    "fetch",
    "inside",
    "list_files",
    "read_chunk",
    "send",
    "write_chunk",
]

CHUNK = 8 * 2**20
"""Bytes per message: small beside any object store, large beside what a message costs."""

RESULTS = ("best", "dev_predictions.jsonl")
ALL_PARTS = (*RESULTS, "checkpoint")
"""What an engine writes into the folder of a run; the checkpoint goes last, it vouches for all."""

ARRIVING = "arriving"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

Errand = Generator[Any, Any, None]
"""Hands out calls of an actor and is given their results, so that nobody waits in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file that could be fetched; another stamp means other content.

    Attributes:
        name: Path below the folder of the run, with `/`.
        size: Bytes.
        stamp: Time of the last change, in nanoseconds.
    """

    name: str
    size: int
    stamp: int

    @property
    def part(self) -> str:
        """The file's first folder, or its own name."""
        return self.name.partition("/")[0]


def list_files(folder: Path, parts: Sequence[str] = ALL_PARTS) -> tuple[FileFacts, ...]:
    """Return the plain files of a run that travel, sorted by name; links are left out."""
    found = []
    for part in parts:
        root = folder / part
        for path in sorted((root, *root.rglob("*"))):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                name = path.relative_to(folder).as_posix()
                found.append(FileFacts(name=name, size=status.st_size, stamp=status.st_mtime_ns))
    return tuple(found)


def inside(folder: Path, name: str) -> Path:
    """Return the path of a name below a folder.

    Raises:
        StudyError: The name leads elsewhere, or is none that we write.
    """
    parts = PurePosixPath(name).parts
    if not parts or not all(_NAME.fullmatch(part) for part in parts) or "\\" in name:
        raise StudyError(f"A file's name must stay below its folder, but got {name!r}.")
    return folder.joinpath(*parts)


def read_chunk(folder: Path, name: str, offset: int) -> bytes:
    """Return up to `CHUNK` bytes of a file."""
    with inside(folder, name).open("rb") as stream:
        stream.seek(offset)
        return stream.read(CHUNK)


def write_chunk(folder: Path, name: str, offset: int, data: bytes) -> None:
    """Append a chunk to a file; the first one begins it anew."""
    path = inside(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if offset else "wb") as stream:
        stream.seek(offset)
        stream.write(data)


def fetch(
    read: Callable[[str, int], Any], files: Sequence[FileFacts], parts: Sequence[str], folder: Path
) -> Errand:
    """Bring parts of a run home; each replaces the old one when it is complete.

    Args:
        read: Begins a call that results in the chunk of a file at an offset.
        files: All files of the run there.
        parts: Which parts shall come; one that has no files any more is left as it is here.
        folder: Folder of the run here.
    """
    arriving = folder / ARRIVING
    shutil.rmtree(arriving, ignore_errors=True)
    for part in (part for part in ALL_PARTS if part in parts):
        members = [file for file in files if file.part == part]
        for file in members:
            for offset in range(0, max(file.size, 1), CHUNK):
                data = yield read(file.name, offset)
                write_chunk(arriving, file.name, offset, data)
        if members:
            _replace(arriving / part, folder / part)
    shutil.rmtree(arriving, ignore_errors=True)


def send(write: Callable[[str, int, bytes], Any], folder: Path) -> Errand:
    """Take all parts of a run along to where it goes on.

    Args:
        write: Begins a call that writes a chunk of a file at an offset.
        folder: Folder of the run here.
    """
    for file in list_files(folder):
        for offset in range(0, max(file.size, 1), CHUNK):
            yield write(file.name, offset, read_chunk(folder, file.name, offset))


def _replace(new: Path, old: Path) -> None:
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
    new.replace(old)
