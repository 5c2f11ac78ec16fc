"""What a worker prints: a bounded file, whose end tells why the worker died."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from diagnostics.harmless_text import harmless
from tuner.secrets_in_text import without_secrets

__all__ = ["WorkerLog"]

MOST_BYTES = 2**20
"""A file that has grown beyond is cut to its last `KEPT_BYTES`."""

KEPT_BYTES = 2**18
_LONGEST_LINE = 300


class WorkerLog:
    """A file that worker processes append to, one after the other.

    Where the file cannot be made (read-only folder, full disk) a nameless temporary one takes its
    place: a log is no reason to end a study.

    Args:
        path: The file; None for a nameless one, which is gone with the search.
    """

    def __init__(self, path: Path | None) -> None:
        self._file, self.path = _open(path)
        self._begin = 0

    def fileno(self) -> int:
        """Descriptor for the worker's standard output and error."""
        return self._file

    def mark(self) -> None:
        """Count what comes from now on as said by the next worker."""
        self._begin = self._size()

    def last_lines(self, count: int) -> tuple[str, ...]:
        """Return the last lines that the worker wrote, harmless, no secrets, none empty."""
        size = self._size()
        begin = max(min(self._begin, size), size - KEPT_BYTES)
        text = os.pread(self._file, size - begin, begin).decode("utf-8", "replace")
        # A bar that redraws its line ends with a carriage return: only its last state counts.
        lines = [line.rsplit("\r", 1)[-1].strip() for line in text.split("\n")]
        return tuple(harmless(without_secrets(line)[:_LONGEST_LINE]) for line in lines if line)[
            -count:
        ]

    def trim(self) -> None:
        """Cut a file that has grown too large; what is written at this very moment may be lost."""
        size = self._size()
        if size <= MOST_BYTES:
            return
        kept = os.pread(self._file, KEPT_BYTES, size - KEPT_BYTES)
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, kept)
        self._begin = 0

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _size(self) -> int:
        return os.fstat(self._file).st_size


def _open(path: Path | None) -> tuple[int, Path | None]:
    # Appending holds for every writer, so a file that was cut goes on at its new end.
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    if path is not None:
        with contextlib.suppress(OSError):
            return _open_below(path, flags), path
    file, name = tempfile.mkstemp(prefix="tuner-worker-")
    os.close(file)
    nameless = os.open(name, flags)
    Path(name).unlink()
    return nameless, None


def _open_below(path: Path, flags: int) -> int:
    """Open a file without following a link that leads its folder or itself elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        return os.open(path.name, flags | os.O_NOFOLLOW, 0o644, dir_fd=folder)
    finally:
        os.close(folder)
