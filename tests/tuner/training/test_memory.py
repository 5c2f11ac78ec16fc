"""Micro-batches: cut to the limit, learn from failures, rehearse them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import UsageError
from tuner.training.memory import (
    MicroBatchLimits,
    SimulatedMemory,
    is_out_of_memory,
    split_rows,
)


@given(
    st.lists(st.integers(1, 512), min_size=0, max_size=64).map(lambda n: sorted(n, reverse=True)),
    st.one_of(st.none(), st.integers(1, 4096)),
)
def test_rows_are_cut_to_the_limit(lengths: list[int], limit: int | None) -> None:
    runs = split_rows(lengths, limit)
    covered = [row for run in runs for row in range(run.start, run.stop)]
    assert covered == list(range(len(lengths)))
    for run in runs:
        rows = run.stop - run.start
        assert limit is None or rows <= 1 or rows * lengths[run.start] <= limit


def test_limits_shrink_and_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    limits = MicroBatchLimits.load(path)
    assert limits.limit("train") is None
    assert limits.shrink("train", rows=16, length=100)
    assert MicroBatchLimits.load(path).limit("train") == 800
    assert limits.shrink("train", rows=20, length=100)  # a lower limit never rises again
    assert limits.limit("train") == 800
    assert not limits.shrink("train", rows=1, length=100)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"limits": 3}', '{"limits": {"train": "x"}}'])
def test_a_damaged_memory_is_forgotten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "memory.json"
    path.write_text(text, encoding="utf-8")
    assert MicroBatchLimits.load(path).limits == {}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_out_of_memory_is_recognised(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_memory_is_simulated() -> None:
    simulated = SimulatedMemory("train=100, optimizer=1")
    simulated.touch("train", 10, 10)
    with pytest.raises(torch.OutOfMemoryError):
        simulated.touch("train", 10, 11)
    simulated.touch("eval", 1000, 1000)
    with pytest.raises(torch.OutOfMemoryError):
        simulated.touch_optimizer()
    simulated.touch_optimizer()


@pytest.mark.parametrize("text", ["training=3", "train=big", "train"])
def test_a_wrong_simulation_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="train=2048"):
        SimulatedMemory(text)
