"""Learning curves over a training's own plan, so that plans of different lengths can be compared.

Progress is `epoch / epochs`: 0 before the first step, 1 at the end of the plan. Batch size and
number of epochs change how many steps a plan has, but not this scale. Curves are compared only
within one shape of the learning-rate schedule, because half-way through a linear decay and half-way
through a constant schedule are different places.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuner.trial import TrialSpec, TrialState
from tuner.trunk import is_trunk, plan_of

__all__ = [
    "Curve",
    "CurvePoint",
    "best_at",
    "curve_of",
    "quantile",
    "quantile_of_rising",
    "schedule_shape",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One evaluation of a training.

    Attributes:
        progress: Epochs done divided by epochs planned, above 0 and at most 1.
        score: Development F1.
        loss: Development loss; None when it was not computed, NaN when it was NaN.
    """

    progress: float
    score: float
    loss: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The evaluations of one training so far.

    Attributes:
        key: Name of the training (`0007`).
        schedule: Shape of its learning-rate schedule, from `schedule_shape`.
        points: In the order of training.
        state: How the training stands.
        epochs: Epochs planned.
    """

    key: str
    schedule: str
    points: tuple[CurvePoint, ...]
    state: TrialState
    epochs: int

    @property
    def progress(self) -> float:
        """Progress at the last evaluation; 0 before the first."""
        return self.points[-1].progress if self.points else 0.0

    @property
    def scores(self) -> tuple[float, ...]:
        """F1 of every evaluation; a score that is not finite counts as 0."""
        return tuple(point.score if math.isfinite(point.score) else 0.0 for point in self.points)

    @property
    def best(self) -> float:
        """Best F1 so far; 0 before the first evaluation."""
        return max(self.scores, default=0.0)

    @property
    def epochs_done(self) -> int:
        """Epochs trained so far."""
        return round(self.progress * self.epochs)


def curve_of(
    key: str,
    spec: TrialSpec,
    state: TrialState,
    evaluations: Iterable[tuple[int, float, float | None]],
) -> Curve:
    """Return the learning curve of a training over its own plan.

    Args:
        key: Name of the training.
        spec: Its hyperparameters.
        state: How it stands.
        evaluations: Epoch, F1 and development loss of each, in the order of training.
    """
    points = tuple(
        CurvePoint(progress=epoch / spec.epochs, score=score, loss=loss)
        for epoch, score, loss in evaluations
    )
    return Curve(
        key=key, schedule=schedule_shape(spec), points=points, state=state, epochs=spec.epochs
    )


def schedule_shape(spec: TrialSpec) -> str:
    """Name the shape of a spec's schedule; trainings with equal names may be compared.

    Trunks are compared with trunks of the same counts, branch by branch. The warm-up ratio is left
    out on purpose: it moves the first stretch of the plan, in which nothing is judged.
    """
    if is_trunk(spec):
        return f"trunk with branches at {plan_of(spec)}"
    arguments = spec.extra.get("lr_scheduler_kwargs")
    schedule = str(spec.extra.get("lr_scheduler_type", spec.schedule))
    return f"{schedule} {json.dumps(arguments, sort_keys=True)}" if arguments else schedule


def best_at(curve: Curve, progress: float) -> float | None:
    """Give the best F1 that a training had reached at a progress of its own plan.

    Between two evaluations the best-so-far curve is read along a straight line. Before the first
    evaluation it is read along the line from (0, 0), since an untrained head finds no entity; that
    line runs below the true curve of every training that learns faster at first than later, so it
    errs towards letting others run.

    Args:
        curve: The training.
        progress: From 0 to 1.

    Returns:
        The F1, or None when the training has not come that far.
    """
    if not curve.points or progress > curve.progress + 1e-9:
        return None
    before, reached = 0.0, 0.0
    for point, score in zip(curve.points, curve.scores, strict=True):
        best = max(reached, score)
        if progress <= point.progress:
            width = point.progress - before
            share = (progress - before) / width if width > 0 else 1.0
            return reached + share * (best - reached)
        before, reached = point.progress, best
    return reached


def quantile(values: Sequence[float], share: float) -> float:
    """Give the quantile of some numbers, linear between neighbours (numpy's default).

    Args:
        values: At least one number.
        share: From 0 (smallest) to 1 (largest).
    """
    return quantile_of_rising(sorted(values), share)


def quantile_of_rising(ordered: Sequence[float], share: float) -> float:
    """Give the quantile of numbers that are sorted already, see `quantile`."""
    position = share * (len(ordered) - 1)
    lower = math.floor(position)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])
