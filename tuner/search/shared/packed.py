"""What is known of ended trainings, packed: every process holds the whole study in memory.

As text that is compressed, settings and result of a training of four epochs take some 0.6 KB
instead of 8 as dictionaries. They are looked at when the training ends, and once more when the
process writes the folders of what others trained.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Packed", "unpacked"]

FASTEST = 1


class Packed(Mapping[str, Any]):
    """A mapping of JSON values that is unpacked anew whenever it is looked at.

    Args:
        content: The values.
    """

    __slots__ = ("_packed",)

    def __init__(self, content: Mapping[str, Any]) -> None:
        text = json.dumps(dict(content), separators=(",", ":"))
        self._packed = zlib.compress(text.encode("ascii"), FASTEST)

    def __getitem__(self, key: str) -> Any:
        return self._unpacked()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._unpacked())

    def __len__(self) -> int:
        return len(self._unpacked())

    def _unpacked(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(zlib.decompress(self._packed))
        return values


def unpacked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return values that may be packed, for somebody who looks at several of them."""
    return values._unpacked() if isinstance(values, Packed) else values
