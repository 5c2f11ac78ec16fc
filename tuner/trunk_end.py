"""When a trunk is ended before its last count, told from what its branches have shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tuner.trial import EpochReport

__all__ = ["unstable", "worsening"]

EXPLODED = 1.25
"""A loss this much higher than over the first stretch, which began with an untrained head."""

COLLAPSED = 0.5
"""Share of its best earlier branch below which a branch's F1 has collapsed ..."""

RISEN = 1.1
"""... when the training loss has risen by this factor over the lowest earlier one, too."""


def unstable(reports: Sequence[EpochReport]) -> str | None:
    """Say why a trunk is not to be trusted any more after its latest branch; None when it is.

    Args:
        reports: One per branch, in order.
    """
    if len(reports) < 2:
        return None
    last, earlier = reports[-1], reports[:-1]
    if not math.isfinite(last.train_loss):
        return f"the trunk is unstable: its loss became {last.train_loss}"
    first, lowest = earlier[0].train_loss, min(report.train_loss for report in earlier)
    if last.train_loss > EXPLODED * first:
        return (
            f"the trunk is unstable: its loss rose from {first:.3g} to {last.train_loss:.3g} at "
            f"{last.epoch} epochs"
        )
    best = max(report.scores.f1 for report in earlier)
    if last.scores.f1 < COLLAPSED * best and last.train_loss > RISEN * lowest:
        return (
            f"the trunk is unstable: F1 fell from {best:.3f} to {last.scores.f1:.3f} at "
            f"{last.epoch} epochs, and its loss rose from {lowest:.3g} to {last.train_loss:.3g}"
        )
    return None


def worsening(reports: Sequence[EpochReport], margin: float) -> str | None:
    """Say that longer trainings only get worse, once two branches in a row did; else None.

    Args:
        reports: One per branch, in order.
        margin: F1 by which the last one must lie below the best: the noise of the development
            split.
    """
    if len(reports) < 3:
        return None
    before, between, last = (report.scores.f1 for report in reports[-3:])
    if not (before > between > last and before - last > margin):
        return None
    counts = ", ".join(str(report.epoch) for report in reports[-3:])
    return (
        f"its branches get worse: F1 {before:.3f}, {between:.3f}, {last:.3f} at {counts} epochs, "
        "so longer ones were not trained"
    )
