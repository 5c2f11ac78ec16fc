"""The replayed allocator: its segments and blocks, and what always holds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.training._allocation_record import AllocationRecord
from tuner.training._caching_allocator import replay

MEBIBYTE = 1024**2


def record_of(steps: Sequence[int]) -> AllocationRecord:
    """Make a record: a positive step allocates that much, a negative one releases number -step."""
    record = AllocationRecord()
    for step in steps:
        if step < 0:
            record.go(-step - 1)
        else:
            record.come(step, "any")
    return record


@pytest.mark.parametrize(
    ("steps", "allocated", "reserved"),
    [
        ((), 0, 0),
        ((0, -1), 0, 0),
        ((1,), 512, 2 * MEBIBYTE),
        ((513,), 1024, 2 * MEBIBYTE),
        ((MEBIBYTE + 1,), MEBIBYTE + 512, 20 * MEBIBYTE),
        ((11 * MEBIBYTE,), 12 * MEBIBYTE, 12 * MEBIBYTE),  # 1 MiB too few to be split off
        # What was released is used again, in the same segment.
        ((3 * MEBIBYTE, -1, 3 * MEBIBYTE), 3 * MEBIBYTE, 20 * MEBIBYTE),
        # Two neighbours that are free become room for both.
        ((8 * MEBIBYTE, 8 * MEBIBYTE, -1, -2, 20 * MEBIBYTE), 20 * MEBIBYTE, 20 * MEBIBYTE),
        # A gap that is too small is no help.
        ((9 * MEBIBYTE, 9 * MEBIBYTE, -1, 12 * MEBIBYTE), 21 * MEBIBYTE, 32 * MEBIBYTE),
    ],
)
def test_segments_and_blocks(steps: Sequence[int], allocated: int, reserved: int) -> None:
    peaks = replay(record_of(steps))
    assert (peaks.allocated, peaks.reserved) == (allocated, reserved)


@given(st.lists(st.tuples(st.integers(1, 64 * MEBIBYTE), st.booleans()), max_size=60), st.data())
def test_reserved_covers_allocated_covers_live(
    steps: list[tuple[int, bool]], data: st.DataObject
) -> None:
    record = AllocationRecord()
    live: list[int] = []
    for size, releases in steps:
        live.append(record.come(size, "any"))
        if releases:
            gone = data.draw(st.sampled_from(live))
            live.remove(gone)
            record.go(gone)
    peaks = replay(record)
    assert sum(record.at_peak().values()) <= peaks.allocated <= peaks.reserved
