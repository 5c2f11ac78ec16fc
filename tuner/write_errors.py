"""Why a file could not be written, and what to do: full disks, permissions, links."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from tuner.errors import StudyError

__all__ = ["is_disk_full", "write_error"]

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_TOO_LARGE = errno.EFBIG
_NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)
_GO_ON = "run the same command again: it goes on where it stopped."


def is_disk_full(error: OSError) -> bool:
    """Whether there is no room: on the file system, or within the user's quota."""
    return error.errno in _DISK_FULL


def write_error(path: Path, error: OSError, *, needed: int | None = None) -> StudyError:
    """Say why `path` could not be written, and what to do.

    Args:
        path: The file or folder.
        error: What the system said.
        needed: Bytes that were to be written there, where that is known.
    """
    if is_disk_full(error):
        return StudyError(
            f"The disk is full: `{path}` could not be written{_room(path, needed)}.",
            f"Make room and {_GO_ON}",
        )
    if error.errno == _TOO_LARGE:
        return StudyError(
            f"`{path}` could not be written: it would exceed the largest file allowed here.",
            f"Raise that limit (`ulimit -f`), and {_GO_ON}",
        )
    if error.errno in _NO_PERMISSION:
        return StudyError(
            f"No permission to write `{path}`.",
            "Change the folder's permissions, or choose another place for the results.",
        )
    if error.errno == errno.ELOOP:
        return StudyError(
            f"`{path}` is a link, and nothing is written through links, which may lead out of the "
            "study's folder.",
            "Put a copy of the file in its place, or start another study with --new.",
        )
    return StudyError(
        f"`{path}` could not be written: {error.strerror or error}.",
        f"Mend that, or choose another place for the results; then {_GO_ON}",
    )


def _room(path: Path, needed: int | None) -> str:
    """Return ` (about 40.0 MB are needed, 1.2 MB are free)`, as far as it is known."""
    parts = [] if needed is None else [f"about {_size(needed)} are needed"]
    existing = next((place for place in (path, *path.parents) if place.exists()), None)
    if existing is not None:
        parts.append(f"{_size(shutil.disk_usage(existing).free)} are free")
    return f" ({', '.join(parts)})" if parts else ""


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
