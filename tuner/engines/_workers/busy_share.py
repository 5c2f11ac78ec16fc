"""How much of its time one training keeps a GPU busy: what is left is room for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tuner.trial import TrialSpec

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["busy_share", "covered_share"]

USUAL_SPEC = TrialSpec(learning_rate=1e-5, batch_size=16, epochs=1)


def busy_share(bench: Workbench) -> float | None:
    """Measure a few training steps; None when the GPU's own clock tells nothing.

    The first half of the kernels warms up, so the share is that of the second half.
    """
    from torch.profiler import ProfilerActivity, profile

    from tuner.training.probe import probe

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        probe(bench, USUAL_SPEC)
    kernels = sorted(
        (float(event.time_range.start), float(event.time_range.end))
        for event in profiler.events() or ()
        if event.device_type.name == "CUDA"
    )
    return covered_share(kernels[len(kernels) // 2 :])


def covered_share(intervals: Sequence[tuple[float, float]]) -> float | None:
    """Return the share of the time from first start to last end that the intervals cover.

    Args:
        intervals: Start and end, sorted by start; they may overlap.

    Returns:
        The share, 0 to 1; None without intervals.
    """
    covered, reached = 0.0, float("-inf")
    for start, end in intervals:
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    span = reached - intervals[0][0] if intervals else 0.0
    return covered / span if span > 0 else None
