"""What can be computed from the rows of a Trainer's log: learning rate, sizes of the splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from diagnostics.readers._log_history import is_evaluation
from diagnostics.readers._peak_rate import peak_rate
from diagnostics.readers._vocabulary import figure

__all__ = [
    "evaluated_samples",
    "peak_learning_rate",
    "samples_per_step",
    "times_of",
    "trained_samples",
]

Row = dict[str, Any]

_ROUNDING = 0.02
"""Share by which steps told by time and speed may be off: slow speeds have two digits."""


def peak_learning_rate(rows: Iterable[Row], max_steps: float | None) -> float | None:
    """Return the highest learning rate, only where the log can show it; see `peak_rate`."""
    logged = [
        (step, rate)
        for row in rows
        if (rate := figure(row.get("learning_rate"))) is not None
        and (step := _step(row)) is not None
    ]
    return peak_rate(logged, max_steps)


def evaluated_samples(rows: Iterable[Row]) -> int | None:
    """Return the size of the development split from the evaluation's time and speed."""
    found = [
        seconds * speed
        for row in rows
        if (seconds := figure(row.get("eval_runtime"))) is not None
        and (speed := figure(row.get("eval_samples_per_second"))) is not None
        and 0 < seconds * speed < 1e12
    ]
    return max(1, round(median(found))) if found else None


def times_of(rows: Iterable[Row], results: Mapping[str, Any]) -> dict[str, float]:
    """Return how many seconds a training took, and how many of them its evaluations.

    `train_seconds` and `evaluation_seconds`; the latter is left out where an evaluation did not
    tell its time. A second evaluation at the last step comes after the training.

    Args:
        rows: The log, in its order.
        results: The result files beside it, for a log without a summary.
    """
    evaluating: dict[Any, float | None] = {}
    total = figure(results.get("train_runtime"))
    for place, row in enumerate(rows):
        if "train_runtime" in row:
            total = figure(row["train_runtime"])
        elif is_evaluation(row):
            evaluating.setdefault(row.get("step", place), figure(row.get("eval_runtime")))
    if total is None or not 0 < total < 1e12:
        return {}
    times = {"train_seconds": total}
    known = [s for s in evaluating.values() if s is not None and 0 <= s <= total]
    if known and len(known) == len(evaluating):
        times["evaluation_seconds"] = sum(known)
    return times


def samples_per_step(config: Mapping[str, Any]) -> float | None:
    """Return how many samples an optimizer step takes; None when the batch size is unknown."""
    total = figure(config.get("total_train_batch_size"))
    if total is not None and total > 0:
        return total
    batch = figure(config.get("batch_size"))
    accumulated = figure(config.get("gradient_accumulation_steps")) or 1.0
    return None if batch is None else batch * accumulated


def trained_samples(rows: Sequence[Row], state: Mapping[str, Any]) -> int | None:
    """Return about how many samples an epoch has: time times speed, else steps times batch.

    Time times speed is no number of samples where it gives that of the steps: old versions of the
    Trainer logged the steps per second under the name of the samples.

    Args:
        rows: The log.
        state: `num_train_epochs`, `max_steps`, `train_batch_size` (samples per optimizer step), as
            far as known.
    """
    epochs = figure(state.get("num_train_epochs"))
    for row in (row for row in rows if "train_runtime" in row):
        seconds, speed = (
            figure(row.get("train_runtime")),
            figure(row.get("train_samples_per_second")),
        )
        if seconds and speed and _is_steps(seconds * speed, row, state):
            continue
        if seconds and speed and epochs and 0 < seconds * speed / epochs < 1e12:
            return max(1, round(seconds * speed / epochs))
    batch = figure(state.get("train_batch_size"))
    ends = [
        (step, epoch)
        for row in rows
        if (step := _step(row)) and (epoch := figure(row.get("epoch"))) and 0 < epoch < 1e9
    ]
    if not ends or batch is None or not 0 < batch < 1e9:
        return None
    step, epoch = max(ends)
    estimate = step / epoch * batch
    return round(estimate) if 1 <= estimate < 1e12 else None


def _is_steps(count: float, row: Row, state: Mapping[str, Any]) -> bool:
    """Whether a count of samples is that of the steps; with a batch of one it may be both."""
    steps = figure(state.get("max_steps")) or _step(row)
    batch = figure(state.get("train_batch_size"))
    return bool(steps) and batch != 1 and abs(count - (steps or 0.0)) <= _ROUNDING * count


def _step(row: Row) -> float | None:
    step = figure(row.get("step"))
    return step if step is not None and 0 <= step < 1e12 else None
