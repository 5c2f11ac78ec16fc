"""Changes that make a batch need less memory, computed from the figures of the failure."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics import memory_formulas as memory
from diagnostics import series
from diagnostics.findings import Fix
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["Accelerator", "accelerator_of", "accumulate", "shorter_input", "smaller_batch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """The figures of a failed allocation, in bytes; None: not told.

    Attributes:
        requested: What the failed allocation asked for.
        capacity: Memory of the device.
        allocated: What PyTorch used.
        idle: What PyTorch held without using it.
        others: What neither PyTorch held nor was free: other programs, and the driver's context.
    """

    requested: float | None = None
    capacity: float | None = None
    allocated: float | None = None
    idle: float | None = None
    others: float | None = None


def accelerator_of(event: RunEvent) -> Accelerator:
    """Return the figures that an event tells."""
    names = ("requested", "capacity", "allocated", "reserved", "free", "other_processes")
    told = {name: series.number(event.details.get(f"{name}_bytes")) for name in names}
    allocated, reserved = told["allocated"], told["reserved"]
    held = reserved if reserved is not None else allocated
    others = told["other_processes"]
    if others is None and None not in (told["capacity"], told["free"], held):
        others = max(0.0, (told["capacity"] or 0) - (told["free"] or 0) - (held or 0))
    return Accelerator(
        requested=told["requested"],
        capacity=told["capacity"],
        allocated=allocated,
        idle=None if allocated is None or reserved is None else reserved - allocated,
        others=others,
    )


def smaller_batch(run: RunHistory, figures: Accelerator) -> memory.MemoryPlan | None:
    """Return what batch would fit; None when the batch or the figures are unknown."""
    batch = series.whole(run.config.get("batch_size"))
    if batch is None or figures.capacity is None or figures.allocated is None:
        return None
    parameters = series.number(run.config.get("parameters")) or 0.0
    mixed = run.config.get("fp16") is True or run.config.get("bf16") is True
    fixed = memory.fixed_bytes(parameters, mixed=mixed)
    needed = figures.allocated + (figures.requested or 0.0)
    return memory.plan_batch(
        batch,
        needed=needed,
        capacity=figures.capacity,
        # A part of the weights was not there yet if less is allocated than they need.
        fixed=fixed if fixed < needed else 0.0,
        others=figures.others or 0.0,
    )


def accumulate(run: RunHistory, micro: int | None, how: str) -> list[Fix]:
    """Propose batches of `micro` sentences (None: half as many) with the same effective batch."""
    batch = series.whole(run.config.get("batch_size"))
    steps = series.whole(run.config.get("gradient_accumulation_steps"))
    if batch is None:
        halve = Fix(text="Halve per_device_train_batch_size, whose present value is not recorded.")
        twice = "twice the present, with half the batch"
        return [halve, _accumulation(steps, 2 * (steps or 1), twice)]
    new = max(1, batch // 2) if micro is None else micro
    if new >= batch:
        return []
    smaller = Fix(
        text="Split each batch: what fits at once is what runs out of memory.",
        parameter="batch_size",
        old=batch,
        new=new,
        how=how or "half of the present",
    )
    effective = batch * (steps or 1)
    more = memory.accumulation_for(effective, new)
    return [smaller, _accumulation(steps, more, f"effective batch {effective} / {new}")]


def _accumulation(old: int | None, new: int, how: str) -> Fix:
    return Fix(
        text="Accumulate the gradient over the smaller batches, which keeps the result.",
        parameter="gradient_accumulation_steps",
        old=old,
        new=new,
        how=how,
    )


def shorter_input(run: RunHistory) -> list[Fix]:
    """Propose half the maximum length; nothing where it is as short as 32."""
    length = series.whole(run.config.get("max_length"))
    new = 128 if length is None else max(32, length // 2)
    if new == length:
        return []
    return [
        Fix(
            text="Shorten the longest input; longer sentences are cut into windows.",
            parameter="max_length",
            old=length,
            new=new,
            how="attention memory grows with the square of the length",
        )
    ]
