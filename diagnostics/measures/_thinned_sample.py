"""A sample of a stream of unknown length: every item, then every second, every fourth, ..."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["ThinnedSample"]

Item = TypeVar("Item")


class ThinnedSample(Generic[Item]):
    """Keeps at most `most` items, evenly spread over all that were offered, in their order.

    Args:
        most: How many items are kept at most; at least half as many are kept once there are more.

    Attributes:
        items: The sample.
        seen: How many items were offered.
        stride: One of how many items is kept: 1 as long as all are.
    """

    __slots__ = ("_most", "items", "seen", "stride")

    def __init__(self, most: int) -> None:
        self._most = most
        self.items: list[Item] = []
        self.seen = 0
        self.stride = 1

    def offer(self, item: Item) -> None:
        """Take the item into the sample if it is its turn."""
        if self.turn():
            self.keep(item)

    def turn(self) -> bool:
        """Count one item, and return whether it shall be kept; then `keep` must follow."""
        wanted = self.seen % self.stride == 0
        self.seen += 1
        return wanted

    def keep(self, item: Item) -> None:
        """Keep the item whose turn it is, and thin the sample out when it is full."""
        self.items.append(item)
        if len(self.items) > self._most:
            self.items = self.items[::2]
            self.stride *= 2
