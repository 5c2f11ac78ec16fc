"""Keeps a series of unknown length in bounded memory: neighbours are joined when it grows long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["Thinned"]

Item = TypeVar("Item")


class Thinned(Generic[Item]):
    """A series whose items are joined in equal groups once there are too many.

    Args:
        join: Joins an earlier and a later item; the number is the share of the later one in a mean.
        most: Items kept at least before any are joined; at most twice as many are held.
    """

    def __init__(self, join: Callable[[Item, Item, float], Item], most: int) -> None:
        self._join = join
        self._most = most
        self._kept: list[Item] = []
        self._open: Item | None = None
        self._open_count = 0
        self.group = 1
        """How many items were joined into one."""

    def __iter__(self) -> Iterator[Item]:
        yield from self._kept
        if self._open is not None:
            yield self._open

    def __len__(self) -> int:
        return len(self._kept) + (self._open is not None)

    def add(self, item: Item) -> None:
        """Add an item at the end."""
        if self.group == 1:
            self._kept.append(item)
        else:
            self._open_count += 1
            open_item = self._open
            joined = item
            if open_item is not None:
                joined = self._join(open_item, item, 1 / self._open_count)
            self._open = joined
            if self._open_count == self.group:
                self._kept.append(joined)
                self._open, self._open_count = None, 0
        if len(self._kept) >= 2 * self._most:
            pairs = zip(self._kept[::2], self._kept[1::2], strict=True)
            self._kept = [self._join(earlier, later, 0.5) for earlier, later in pairs]
            self.group *= 2

    def keep(self, wanted: Callable[[Item], bool]) -> int:
        """Drop what is not wanted, and return how many items that were."""
        before = len(self)
        self._kept = [item for item in self._kept if wanted(item)]
        if self._open is not None and not wanted(self._open):
            self._open, self._open_count = None, 0
        return before - len(self)
