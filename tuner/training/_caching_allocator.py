"""PyTorch's CUDA allocator, replayed: what it reserves for a record of allocations.

After `c10/cuda/CUDACachingAllocator.cpp` with its default settings: sizes are rounded to 512 bytes;
up to 1 MiB comes from segments of 2 MiB, up to 10 MiB from segments of 20 MiB, more from segments
of its own rounded to 2 MiB; the smallest free block that is large enough is taken, and split where
enough is left; neighbours that are free are merged. Segments are never returned here, though
PyTorch returns unused ones before it gives up: what is reserved is an upper end.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from tuner.training._allocation_record import AllocationRecord

__all__ = ["AllocatorPeaks", "replay"]

_MEBIBYTE = 1024**2
_SMALLEST_BLOCK = 512
_SMALL = _MEBIBYTE
_SMALL_SEGMENT = 2 * _MEBIBYTE
_LARGE_SEGMENT = 20 * _MEBIBYTE
_FROM_LARGE_SEGMENTS = 10 * _MEBIBYTE
_SEGMENT_STEP = 2 * _MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPeaks:
    """What the allocator held at most, in bytes.

    Attributes:
        allocated: In blocks that tensors were given.
        reserved: In segments taken from the device.
    """

    allocated: int
    reserved: int


@dataclass(slots=True, eq=False)
class _Block:
    """A piece of a segment, between its neighbours."""

    size: int
    segment: int
    offset: int
    small: bool
    free: bool = True
    before: _Block | None = None
    after: _Block | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        return self.size, self.segment, self.offset


class _Pool:
    """Free blocks of small or of large segments, by size."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, int, int]] = []
        self._blocks: dict[tuple[int, int, int], _Block] = {}

    def add(self, block: _Block) -> None:
        bisect.insort(self._keys, block.key)
        self._blocks[block.key] = block

    def remove(self, block: _Block) -> None:
        del self._keys[bisect.bisect_left(self._keys, block.key)]
        del self._blocks[block.key]

    def take(self, size: int) -> _Block | None:
        """Take the smallest block of at least a size; None when there is none."""
        position = bisect.bisect_left(self._keys, (size, 0, 0))
        if position == len(self._keys):
            return None
        return self._blocks.pop(self._keys.pop(position))


class _Allocator:
    def __init__(self) -> None:
        self.pools = {True: _Pool(), False: _Pool()}
        self.segments = self.allocated = self.reserved = self.most_allocated = 0

    def allocate(self, size: int) -> _Block:
        size = max(-(-size // _SMALLEST_BLOCK), 1) * _SMALLEST_BLOCK
        small = size <= _SMALL
        block = self.pools[small].take(size) or self._segment(size, small)
        block.free = False
        left = block.size - size
        if left >= _SMALLEST_BLOCK if small else left > _SMALL:
            self._split(block, size)
        self.allocated += block.size
        self.most_allocated = max(self.most_allocated, self.allocated)
        return block

    def release(self, block: _Block) -> None:
        self.allocated -= block.size
        block.free = True
        pool = self.pools[block.small]
        if block.after is not None and block.after.free:
            pool.remove(block.after)
            _join(block, block.after)
        if block.before is not None and block.before.free:
            pool.remove(block.before)
            block = _join(block.before, block)
        pool.add(block)

    def _segment(self, size: int, small: bool) -> _Block:
        if small:
            whole = _SMALL_SEGMENT
        elif size < _FROM_LARGE_SEGMENTS:
            whole = _LARGE_SEGMENT
        else:
            whole = -(-size // _SEGMENT_STEP) * _SEGMENT_STEP
        self.reserved += whole
        self.segments += 1
        return _Block(size=whole, segment=self.segments, offset=0, small=small)

    def _split(self, block: _Block, size: int) -> None:
        rest = _Block(
            size=block.size - size,
            segment=block.segment,
            offset=block.offset + size,
            small=block.small,
            before=block,
            after=block.after,
        )
        if block.after is not None:
            block.after.before = rest
        block.size, block.after = size, rest
        self.pools[block.small].add(rest)


def _join(first: _Block, second: _Block) -> _Block:
    first.size += second.size
    first.after = second.after
    if second.after is not None:
        second.after.before = first
    return first


def replay(record: AllocationRecord) -> AllocatorPeaks:
    """Put a record of allocations through the allocator."""
    allocator = _Allocator()
    blocks: dict[int, _Block] = {}
    for event in record.events:
        size = record.sizes[event.serial]
        if not size:
            continue
        if event.came:
            blocks[event.serial] = allocator.allocate(size)
        else:
            allocator.release(blocks.pop(event.serial))
    return AllocatorPeaks(allocated=allocator.most_allocated, reserved=allocator.reserved)
