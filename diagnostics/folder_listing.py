"""What lies in a folder, listed once while all readers look for their logs in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

__all__ = [
    "FolderListing",
    "files_among",
    "folders_among",
    "is_file",
    "listing_of",
    "shared_listings",
]

MOST_ENTRIES = 100_000
"""Entries of a folder that are listed: far more than any tool writes into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderListing:
    """The names in a folder; links count as what they lead to.

    Attributes:
        folder: The folder.
        files: Names of its files. Pipes and devices are none.
        folders: Names of the folders in it.
        whole: False where it holds more than `MOST_ENTRIES`, or may not be read.
    """

    folder: Path
    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    whole: bool = True

    def has_file(self, name: str) -> bool:
        """Whether a file of this name lies in the folder."""
        return name in self.files or (not self.whole and (self.folder / name).is_file())

    def has_folder(self, name: str) -> bool:
        """Whether a folder of this name lies in the folder."""
        return name in self.folders or (not self.whole and (self.folder / name).is_dir())


_shared: ContextVar[dict[Path, FolderListing | None] | None] = ContextVar("_shared", default=None)


@contextmanager
def shared_listings() -> Iterator[None]:
    """Keep every listing until the end of the block: nothing written meanwhile is seen.

    To be held only while one run is looked for or read, since runs go on writing.
    """
    if _shared.get() is not None:
        yield
        return
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


def listing_of(path: Path) -> FolderListing | None:
    """Return what lies in a folder; None when there is none at the path.

    Of a folder that may not be read it returns an empty listing.

    Raises:
        OSError: The system does not even tell what is at the path.
    """
    shared = _shared.get()
    if shared is None:
        return _list(path)
    if path not in shared:
        shared[path] = None if _is_known_to_lack(shared.get(path.parent), path) else _list(path)
    return shared[path]


def is_file(path: Path) -> bool:
    """Whether there is a file at a path; the listing of its folder tells, if one is kept.

    Raises:
        OSError: The system does not tell what is at the path.
    """
    shared = _shared.get()
    beside = None if shared is None else shared.get(path.parent)
    return path.is_file() if beside is None else beside.has_file(path.name)


def files_among(path: Path) -> frozenset[str]:
    """Return the names of the files in a folder; none where there is no folder to be read."""
    listing = _tolerant(path)
    return frozenset() if listing is None else listing.files


def folders_among(path: Path) -> frozenset[str]:
    """Return the names of the folders in a folder; none where there is no folder to be read."""
    listing = _tolerant(path)
    return frozenset() if listing is None else listing.folders


def _tolerant(path: Path) -> FolderListing | None:
    try:
        return listing_of(path)
    except OSError:
        return None


def _is_known_to_lack(parent: FolderListing | None, path: Path) -> bool:
    if parent is None or not parent.whole or path.name in {"", ".."}:
        return False
    return path.name not in parent.folders


def _list(path: Path) -> FolderListing | None:
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in islice(entries, MOST_ENTRIES):
                _sort_in(entry, files, folders)
            whole = next(entries, None) is None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):  # ValueError: a null byte in the name
        return FolderListing(folder=path, whole=False) if path.is_dir() else None
    return FolderListing(
        folder=path,
        files=frozenset(files),
        folders=frozenset(folders),
        whole=whole,
    )


def _sort_in(entry: os.DirEntry[str], files: list[str], folders: list[str]) -> None:
    """Put a name where it belongs; nowhere that of a broken link, a pipe and the like."""
    try:
        if entry.is_file():
            files.append(entry.name)
        elif entry.is_dir():
            folders.append(entry.name)
    except OSError:
        return
