"""What a long measurement has finished, so that the same command goes on after an interruption."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from tuner.values import from_plain, to_plain

__all__ = ["Journal"]

T = TypeVar("T")


class Journal(Generic[T]):
    """Finished parts of a measurement, one JSON line each, written when a part is done.

    A line also holds the conditions of its measurement. Those of other conditions stay in the file
    and do not count, so that figures of different budgets or data never mix.

    Args:
        path: File with the lines; None remembers nothing.
        kind: Class of a part, a frozen dataclass.
        conditions: What a part must have been measured under to count.
    """

    def __init__(self, path: Path | None, kind: type[T], conditions: Mapping[str, Any]) -> None:
        self._path = path
        self._kind = kind
        self._conditions = to_plain(conditions)

    def known(self) -> list[T]:
        """Return the parts measured under these conditions; a line that was cut off is skipped."""
        if self._path is None or not self._path.is_file():
            return []
        found = map(self._read, self._path.read_text(encoding="utf-8").splitlines())
        return [part for part in found if part is not None]

    def _read(self, line: str) -> T | None:
        try:
            entry = json.loads(line)
            if entry["conditions"] != self._conditions:
                return None
            return from_plain(self._kind, entry["part"])
        except (ValueError, KeyError, TypeError):
            return None

    def add(self, part: T) -> None:
        """Note a part that is done."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"conditions": self._conditions, "part": to_plain(part)})
        # A line that was cut off must not swallow this one.
        begun = self._path.is_file() and not self._path.read_bytes().endswith(b"\n")
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" * begun + line + "\n")
