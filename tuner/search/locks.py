"""Who works on a study: locks on files of its folder, which the system lets go with their holder.

`lock` is held by one process for itself alone, or by all that share the study through a server;
those also hold a file of their own in `processes/`, which tells others whether they still run.
Where the system has no such locks, everybody is let in.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.documents import guard_writing

__all__ = ["alone", "beside_others", "in_turn", "is_free", "is_held"]

LOCK, TURN = "lock", "turn"
_NAME = re.compile(r"[A-Za-z0-9-]+")
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Neither through links nor waiting for the other end of a pipe."""

TRIES, PAUSE = 20, 0.02
"""Whoever only looks, such as `tuner watch`, holds the lock for a moment: it is tried again."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from working on a study.

    Raises:
        StudyError: When another process does.
    """
    path = folder / LOCK
    with guard_writing(path):
        file = path.open("a+", encoding="utf-8")
    with file:
        if not _acquire_patiently(file.fileno()):
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise StudyError(
                f"Another tuner process is working on the study `{folder.name}` (process {owner}).",
                "Wait for it, stop it, or choose another name with --study.",
            )
        with guard_writing(path):  # past the buffer, which would be written again at the end
            os.truncate(file.fileno(), 0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield


@contextlib.contextmanager
def beside_others(folder: Path, process: str) -> Iterator[None]:
    """Work on a study beside other processes; whoever wants it alone is kept out.

    Args:
        folder: Folder of the study.
        process: Name of this process; `is_free` tells others whether it still runs.

    Raises:
        StudyError: When a process works on the study alone.
    """
    own = _process_lock(folder, process)
    with guard_writing(own):
        own.parent.mkdir(exist_ok=True)
        common, mine = (folder / LOCK).open("a"), own.open("a")
    with common, mine:
        if not _acquire_patiently(common.fileno(), shared=True):
            own.unlink(missing_ok=True)
            raise StudyError(
                f"A tuner process without this storage works on the study `{folder.name}`.",
                "Wait for it, stop it, or choose another name with --study.",
            )
        _acquire(mine.fileno())
        try:
            yield
        finally:
            own.unlink(missing_ok=True)


@contextlib.contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Write what several processes write, one after the other; wait until it is one's turn."""
    path = folder / TURN
    with guard_writing(path):
        file = path.open("a")
    with file:
        _acquire(file.fileno(), wait=True)
        yield


def is_held(folder: Path) -> bool:
    """Whether a process works on a study right now."""
    try:
        with (folder / LOCK).open("r", encoding="utf-8") as file:
            return not _acquire(file.fileno())
    except OSError:
        return False


def is_free(folder: Path, process: str) -> bool:
    """Whether a process of this machine has surely ended: nobody holds its lock any more.

    Args:
        folder: The folder that it works in.
        process: Its name.

    Returns:
        False also where nobody can know: there is no such file, or the system has no locks.
    """
    if not _NAME.fullmatch(process):
        return False  # names come from the database, and must not lead elsewhere
    try:
        import fcntl

        descriptor = os.open(_process_lock(folder, process), os.O_RDONLY | _CAREFULLY)
    except (ImportError, OSError, ValueError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _process_lock(folder: Path, process: str) -> Path:
    return folder / "processes" / f"{process}.lock"


def _acquire_patiently(descriptor: int, *, shared: bool = False) -> bool:
    """Lock a file; tried for a moment, while somebody looks at the lock."""
    for _ in range(TRIES):
        if _acquire(descriptor, shared=shared):
            return True
        time.sleep(PAUSE)
    return False


def _acquire(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Lock a file for this process; True also where the system has no locks."""
    try:
        import fcntl
    except ImportError:
        return True
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
