"""What the plan of a study says of its cost: the estimate, and the quote made of it."""

from __future__ import annotations

from tuner.epoch_cost import EpochCost
from tuner.search.quote import study_quote
from tuner.search.shared.url import is_shared
from tuner.search.study_cost import confirm_runs, planned_seconds
from tuner.search.time_left import estimate
from tuner.study import StudySpec
from tuner.study_quote import StudyQuote
from tuner.study_view import Estimate

__all__ = ["plan_estimate", "plan_quote"]

SHARED_DEVICE = "One training was alone on its device then; side by side they may be faster."
SEVERAL_PROCESSES = "Other processes may share the trials, so the time is not quoted."


def plan_estimate(
    spec: StudySpec,
    longest: int,
    cost: EpochCost | None,
    peak_bytes: int | None,
    how: str,
    *,
    slots: int,
    devices: int,
) -> Estimate:
    """Expect what a study costs.

    Trainings side by side on one device share it, so that only further devices are counted as
    faster: what such trainings gain is not known, and the study will not take longer.

    Args:
        spec: The study.
        longest: Sub-tokens of the longest training window.
        cost: What epochs cost, measured, or None.
        peak_bytes: Measured peak memory of the accelerator, or None.
        how: How it was measured.
        slots: Trainings at once.
        devices: Devices that they are spread over, at least 1.
    """
    if cost is not None and slots > devices:
        how = f"{how} {SHARED_DEVICE}".strip()
    computed = estimate(
        spec.model,
        trainings=spec.options.trials + confirm_runs(spec),
        batch_size=spec.recipe.batch_size,
        length=longest,
        seconds_per_epoch=None if cost is None else cost.of_epoch(spec.recipe.batch_size),
        seconds=None if cost is None else planned_seconds(spec, cost, devices).total,
        slots=slots,
        how=how,
    )
    if peak_bytes is None:
        return computed
    return Estimate(
        seconds_per_epoch=computed.seconds_per_epoch,
        seconds=computed.seconds,
        disk_bytes=computed.disk_bytes,
        memory_bytes=peak_bytes,
        how=f"{how} Memory is the peak of its longest batch.".strip(),
    )


def plan_quote(
    spec: StudySpec,
    expected: Estimate,
    cost: EpochCost | None,
    memory_available: int | None,
    *,
    slots: int,
    devices: int,
) -> StudyQuote:
    """Quote a study.

    Args:
        spec: The study.
        expected: Its disk and memory.
        cost: What epochs cost, measured, or None.
        memory_available: Bytes of memory of a device, or None.
        slots: Trainings at once.
        devices: Devices that they are spread over, at least 1.
    """
    return study_quote(
        spec,
        expected,
        cost=cost,
        devices=devices,
        side_by_side=max(slots // devices, 1),
        memory_available=memory_available,
        untimed=SEVERAL_PROCESSES if is_shared(spec.options.storage) else "",
    )
