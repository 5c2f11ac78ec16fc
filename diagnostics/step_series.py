"""The step-level series of a run: losses, learning rates and gradient norms by optimizer step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnostics.once_per_run import once_per_run
from diagnostics.series import number, total_steps, whole
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "StepPoint",
    "gradient_norms",
    "learning_rates",
    "losses",
    "steps_per_epoch",
    "warmup_steps",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPoint:
    """One finite value of a step-level series, with the optimizer step it was logged at."""

    step: int
    value: float


@once_per_run
def losses(run: RunHistory) -> tuple[StepPoint, ...]:
    """Return the training losses of the step-level log; empty when there is none."""
    return _points((row.step, row.loss) for row in run.steps)


@once_per_run
def learning_rates(run: RunHistory) -> tuple[StepPoint, ...]:
    """Return the learning rates as logged: by step, else those of the evaluated points."""
    return _points((row.step, row.learning_rate) for row in run.steps) or _points(
        (point.step, point.learning_rate) for point in run.epochs
    )


@once_per_run
def gradient_norms(run: RunHistory) -> tuple[StepPoint, ...]:
    """Return the norms of the gradient as logged: by step, else those of the evaluated points."""
    return _points((row.step, row.grad_norm) for row in run.steps) or _points(
        (point.step, point.grad_norm) for point in run.epochs
    )


def _points(logged: Iterable[tuple[int | None, float | None]]) -> tuple[StepPoint, ...]:
    """Return the finite values whose step is known."""
    return tuple(
        StepPoint(step=step, value=value)
        for step, given in logged
        if step is not None and (value := number(given)) is not None
    )


def steps_per_epoch(run: RunHistory) -> float | None:
    """Return how many optimizer steps an epoch has; None when no point tells."""
    steps = total_steps(run)
    if steps is None or not run.epochs or run.epochs[-1].number <= 0:
        return None
    return steps / run.epochs[-1].number


def warmup_steps(run: RunHistory) -> int | None:
    """Return the configured length of the warm-up in steps; None when it is unknown or none.

    `warmup_steps` below 1 is a share of all steps, as newer versions of transformers read it.
    """
    planned = whole(run.config.get("max_steps")) or total_steps(run)
    for name in ("warmup_steps", "warmup_ratio"):
        value = number(run.config.get(name))
        if value is None or value <= 0:
            continue
        if value >= 1 and name == "warmup_steps":
            return round(value)
        if value < 1 and planned is not None:
            return round(value * planned)
    return None
