"""The full list of changes of a copy: a table with one line for each, kept on the disk."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO

from diagnostics.findings import Place
from diagnostics.harmless_text import harmless

__all__ = ["FILE_NAME", "ChangeList"]

FILE_NAME = "changes.tsv"
_HEADER = ("split", "file", "line", "kind", "before", "after")
_IN_MEMORY = 1 << 20
"""Bytes above which the list moves from memory into a temporary file."""

_LONGEST = 200
"""Characters of a cell that are kept."""


class ChangeList:
    """Collects lines; memory stays bounded, however many there are."""

    def __init__(self) -> None:
        self._lines: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - lives as long as self
            max_size=_IN_MEMORY, mode="w+", encoding="utf-8", errors="backslashreplace", newline=""
        )
        self.count = 0
        weakref.finalize(self, self._lines.close)

    def add(self, split: str, place: Place | None, kind: str, before: str, after: str) -> None:
        """Keep a change."""
        file, line = (place.file, place.line) if place is not None else ("", None)
        cells = (split, file, "" if line is None else str(line), kind, before, after)
        self._lines.write("\t".join(map(_cell, cells)) + "\n")
        self.count += 1

    def write(self, folder: Path) -> None:
        """Write the table into a folder; without changes there is none."""
        if not self.count:
            return
        self._lines.seek(0)
        with (folder / FILE_NAME).open(
            "w", encoding="utf-8", errors="backslashreplace", newline=""
        ) as out:
            out.write("\t".join(_HEADER) + "\n")
            shutil.copyfileobj(self._lines, out)


def _cell(text: str) -> str:
    return harmless(text[:_LONGEST])
