"""Files of a study, opened without following links: a study's folder may come from a stranger.

A folder that was unpacked from an archive can hold links that lead out of it. Reading follows them,
because stores of large files (DVC, git-annex) put links in place of files; it takes nothing but
regular files of a bounded size. Writing and deleting never follow one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from tuner.errors import StudyError

__all__ = ["MOST_BYTES", "append_to", "create_anew", "read_bytes", "refuse_links"]

MOST_BYTES = 256 * 2**20
"""Most of a file that is read. The summary of 10,000 trials takes some 10 MB."""

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_ESCAPE = "backslashreplace"
"""How bytes of file names that are no UTF-8 are written: as JSON escapes, which read back."""


def read_bytes(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises:
        OSError: It is not there, cannot be read, is a pipe or a device, or exceeds `MOST_BYTES`.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_WAITING), "rb") as file:
        described = os.fstat(file.fileno())
        if not stat.S_ISREG(described.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MOST_BYTES:,} bytes", str(path))
    return content


def create_anew(path: Path) -> TextIO:
    """Open a new text file for writing, in place of whatever has its name.

    Raises:
        OSError: It cannot be made.
    """
    path.unlink(missing_ok=True)
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, "w")


def append_to(path: Path) -> TextIO:
    """Open a text file to add to its end; it is made where it is missing.

    Raises:
        OSError: It cannot be written, or is a link.
    """
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, "a")


def refuse_links(folder: Path) -> None:
    """Make sure that nothing below a folder leads out of it, before anybody writes there.

    The folder itself may be a link, such as one to a larger disk.

    Raises:
        StudyError: There is a link, a pipe or a device below it, or it cannot be looked through.
    """
    try:
        foreign = next(_foreign(folder), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StudyError(
            f"`{folder}` cannot be looked through: {error.strerror or error}.",
            "Choose another name with --study, or mend that.",
        ) from error
    if foreign is not None:
        raise StudyError(
            f"`{foreign}` is a link or no regular file; in a study's folder nothing is written "
            "through links, which may lead out of it.",
            "Put a copy in its place, or start another study with --new.",
        )


def _foreign(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def _open(path: Path, flags: int, mode: str) -> TextIO:
    descriptor = os.open(path, flags | _NO_LINKS | _NO_WAITING, 0o666)
    return cast(TextIO, os.fdopen(descriptor, mode, encoding="utf-8", errors=_ESCAPE))
