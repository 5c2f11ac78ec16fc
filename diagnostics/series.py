"""The series of numbers in a run that rules and reports look at, each taken out in one way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from diagnostics.once_per_run import once_per_run
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = [
    "Point",
    "best_point",
    "end_score",
    "epoch_share",
    "eval_losses",
    "evaluations",
    "number",
    "plan_share",
    "scale",
    "score_label",
    "scores",
    "share_metric",
    "total_steps",
    "train_losses",
    "train_scores",
    "whole",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One finite value of a series, with the epoch it was taken at."""

    epoch: float
    value: float


def number(value: Any) -> float | None:
    """Return a finite number as a float, None for anything else."""
    if value.__class__ is float:  # by far the most frequent
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def whole(value: Any) -> int | None:
    """Return a positive whole number of at most a trillion as an int, None for anything else."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() and 0 < found < 1e12 else None


@once_per_run
def evaluations(run: RunHistory) -> tuple[Epoch, ...]:
    """Return the points at which the run was evaluated."""
    return tuple(point for point in run.epochs if point.eval_loss is not None or point.metrics)


@once_per_run
def scores(run: RunHistory, metric: str | None = None) -> tuple[Point, ...]:
    """Return a metric (the monitored one by default) wherever it is a finite number."""
    name = run.monitor if metric is None else metric
    if name == "loss":
        return eval_losses(run)
    return tuple(
        Point(epoch=point.number, value=value)
        for point in run.epochs
        if name is not None and (value := number(point.metrics.get(name))) is not None
    )


@once_per_run
def eval_losses(run: RunHistory) -> tuple[Point, ...]:
    """Return the evaluation loss wherever it is finite."""
    return tuple(
        Point(epoch=point.number, value=value)
        for point in run.epochs
        if (value := number(point.eval_loss)) is not None
    )


@once_per_run
def train_losses(run: RunHistory) -> tuple[Point, ...]:
    """Return the training loss wherever it is finite."""
    return tuple(
        Point(epoch=point.number, value=value)
        for point in run.epochs
        if (value := number(point.train_loss)) is not None
    )


def train_scores(run: RunHistory) -> tuple[Point, ...]:
    """Return the monitored metric on the training split, which few runs log (`train_f1`)."""
    return () if run.monitor is None else scores(run, f"train_{run.monitor}")


def share_metric(run: RunHistory) -> bool:
    """Whether the monitored metric is F1 or accuracy of some kind: a share from 0 to 1."""
    name = run.monitor or ""
    return run.higher_is_better and ("f1" in name or "accuracy" in name)


def score_label(run: RunHistory) -> str:
    """Return the name of the monitored metric as people write it."""
    name = run.monitor or "score"
    known = {"f1": "F1", "loss": "evaluation loss", "wer": "WER", "cer": "CER"}
    return known.get(name, name)


@once_per_run
def best_point(run: RunHistory) -> Point | None:
    """Return the first point with the best monitored score, None without any."""
    series = scores(run)
    if not series:
        return None
    sign = 1 if run.higher_is_better else -1
    return max(series, key=lambda point: sign * point.value)


def end_score(series: Sequence[Point], count: int = 3) -> float:
    """Return the median of the last `count` values; the series must not be empty."""
    return median(point.value for point in series[-count:])


@once_per_run
def total_steps(run: RunHistory) -> int | None:
    """Return the optimizer steps done, None when no point tells."""
    return max((point.step for point in run.epochs if point.step is not None), default=None)


@once_per_run
def plan_share(run: RunHistory) -> float | None:
    """Return how much of its plan the run has done, from 0 to 1; None when the plan is unknown.

    Steps count, those behind the last logged row included; epochs where no steps are known.
    """
    counts = (total_steps(run), whole(run.config.get("steps_done")))
    known = [count for count in counts if count is not None]
    planned = whole(run.config.get("max_steps"))
    if known and planned is not None:
        return min(1.0, max(known) / planned)
    return epoch_share(run)


def epoch_share(run: RunHistory) -> float | None:
    """Return how many of its planned epochs the run has done, from 0 to 1; None when unknown."""
    epochs = number(run.config.get("epochs"))
    if epochs is None or epochs <= 0 or not run.epochs:
        return None
    return min(1.0, run.epochs[-1].number / epochs)


@once_per_run
def scale(run: RunHistory) -> float:
    """Return what thresholds given for scores from 0 to 1 are multiplied by: 1 for such a score.

    Perplexities, percentages and the like are measured by their own best value.
    """
    values = [abs(point.value) for point in scores(run)]
    best = best_point(run)
    if best is None or run.monitor == "loss" or median(values) <= 1.5:
        return 1.0
    return abs(best.value) or 1.0
