"""What the rules about speed share."""

from __future__ import annotations

from dataclasses import replace

from diagnostics import series
from diagnostics.subjects.run_history import RunHistory

__all__ = ["backward_cost", "planned_epochs", "shown_time", "timed"]


def planned_epochs(run: RunHistory) -> float | None:
    """Return how many epochs the run was to have; those it had when the plan is unknown."""
    planned = series.number(run.config.get("epochs"))
    done = run.epochs[-1].number if run.epochs else 0.0
    known = planned if planned is not None and planned > 0 else done
    return known if known > 0 and done > 0 else None


def backward_cost(run: RunHistory) -> float | None:
    """Return how many times as long as evaluating a sentence training one took.

    None where the times or the numbers of sentences were not recorded. Evaluations are taken to lie
    within the recorded time of the training, as the Trainer has it.
    """
    total = series.number(run.environment.get("train_seconds"))
    evaluating = series.number(run.environment.get("evaluation_seconds"))
    trained = series.whole(run.dataset.get("train_sentences"))
    evaluated = series.whole(run.dataset.get("dev_sentences"))
    times = len(series.evaluations(run))
    if None in (total, evaluating, trained, evaluated) or not (times and run.epochs):
        return None
    training = (total or 0.0) - (evaluating or 0.0)
    if training <= 0 or not evaluating or run.epochs[-1].number <= 0:
        return None
    each = training / ((trained or 1) * run.epochs[-1].number)
    return each / (evaluating / ((evaluated or 1) * times))


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
