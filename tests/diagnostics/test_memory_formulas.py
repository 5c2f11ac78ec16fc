"""The arithmetic of memory, against figures worked out by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.memory_formulas import (
    accumulation_for,
    fixed_bytes,
    logits_bytes,
    plan_batch,
    shown_bytes,
)

GIB = 2**30


def test_adamw_takes_16_bytes_per_parameter_and_18_in_mixed_precision() -> None:
    assert fixed_bytes(110_000_000) == 1_760_000_000
    assert fixed_bytes(110_000_000, mixed=True) == 1_980_000_000


def test_the_batch_is_what_the_rest_of_the_memory_holds() -> None:
    # 15.5 GiB for 32 sentences, 1.5 of them fixed: 0.4375 GiB each; 14.4 - 1.5 = 12.9 GiB left.
    plan = plan_batch(32, needed=15.5 * GIB, capacity=16 * GIB, fixed=1.5 * GIB)
    assert plan.per_sentence == 0.4375 * GIB
    assert plan.available == 0.9 * 16 * GIB - 1.5 * GIB
    assert plan.batch == 16


def test_other_programs_leave_less() -> None:
    plan = plan_batch(32, needed=8 * GIB, capacity=16 * GIB, fixed=0, others=12 * GIB)
    assert plan.batch == 8


def test_nothing_fits_where_the_weights_fill_the_device() -> None:
    plan = plan_batch(8, needed=17 * GIB, capacity=16 * GIB, fixed=15 * GIB)
    assert plan.available < 0
    assert plan.batch == 0


@given(
    st.integers(1, 4096), st.floats(1, 1e12), st.floats(1, 1e12), st.floats(0, 1e12),
    st.floats(0, 1e12),
)  # fmt: skip
def test_a_plan_is_a_smaller_power_of_two(
    batch: int, needed: float, capacity: float, fixed: float, others: float
) -> None:
    plan = plan_batch(batch, needed=needed, capacity=capacity, fixed=fixed, others=others)
    assert plan.batch == 0 or (plan.batch < batch and plan.batch & (plan.batch - 1) == 0)


@given(st.integers(1, 4096), st.integers(1, 4096))
def test_accumulated_batches_are_just_enough(effective: int, micro: int) -> None:
    steps = accumulation_for(effective, micro)
    assert steps * micro >= effective > (steps - 1) * micro


def test_logits_are_four_bytes_each() -> None:
    assert logits_bytes(1_000, 128, 9) == 4_608_000


def test_sizes_are_written_for_people() -> None:
    assert [shown_bytes(count) for count in (12, 2_048, 3 * 2**20, 7.6 * GIB, -GIB)] == [
        "12 bytes", "2 KiB", "3 MiB", "7.6 GiB", "-1 GiB",
    ]  # fmt: skip
    assert [shown_bytes(count) for count in (1_023 * 2**20, 104_606 * GIB)] == [
        "1,023 MiB", "104,606 GiB",
    ]  # fmt: skip
