"""What the rules about speed share."""

from __future__ import annotations

from dataclasses import replace

from diagnostics import series
from diagnostics.subjects.run_history import RunHistory

__all__ = ["planned_epochs", "shown_time", "timed"]


def planned_epochs(run: RunHistory) -> float | None:
    """Return how many epochs the run was to have; those it had when the plan is unknown."""
    planned = series.number(run.config.get("epochs"))
    done = run.epochs[-1].number if run.epochs else 0.0
    known = planned if planned is not None and planned > 0 else done
    return known if known > 0 and done > 0 else None


def shown_time(seconds: float) -> str:
    """Return a duration for people, such as `4.2 hours`."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.3g} seconds"


def timed(run: RunHistory, *seconds: float) -> RunHistory:
    """Return an example in which each epoch took so many seconds; the last number repeats."""
    epochs = tuple(
        replace(point, seconds=seconds[min(index, len(seconds) - 1)])
        for index, point in enumerate(run.epochs)
    )
    return replace(run, epochs=epochs)
