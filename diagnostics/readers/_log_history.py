"""The rows of a Trainer's `log_history`, and what can be computed from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from diagnostics.readers._vocabulary import canonical_metric, figure
from diagnostics.subjects.run_history import Epoch

__all__ = [
    "epochs_of",
    "evaluated_samples",
    "merged",
    "peak_learning_rate",
    "rows_of",
    "trained_samples",
]

Row = dict[str, Any]

_NO_METRIC = ("runtime", "samples_per_second", "steps_per_second", "epoch", "step", "loss")
_MOST_POINTS_WITHOUT_EVALUATION = 20


def rows_of(value: Any) -> list[Row]:
    """Return the objects of a log in the order of steps, training before evaluation."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return sorted(rows, key=lambda row: (_step(row) or 0.0, _is_evaluation(row)))


def merged(earlier: Sequence[Row], later: Sequence[Row]) -> list[Row] | None:
    """Return the rows of two states of one run, or None when they disagree and are two runs."""
    known = {_key(row): row for row in later}
    if any(_key(row) in known and not _agree(known[_key(row)], row) for row in earlier):
        return None
    return rows_of([*later, *(row for row in earlier if _key(row) not in known)])


def epochs_of(rows: Sequence[Row], notes: list[str]) -> tuple[Epoch, ...]:
    """Return one point per evaluation, with the mean training loss since the one before.

    A tail after the last evaluation makes one more point. A run that was never evaluated is cut
    into at most 20 equal stretches. Of several evaluations at one step the first counts: later ones
    score another epoch's weights, loaded at the end of the training.
    """
    if not any(_is_evaluation(row) for row in rows):
        training = [row for row in rows if "loss" in row]
        size = max(1, -(-len(training) // _MOST_POINTS_WITHOUT_EVALUATION))
        return tuple(_point(training[at : at + size], None) for at in range(0, len(training), size))
    points: list[Epoch] = []
    pending: list[Row] = []
    for row in rows:
        if not _is_evaluation(row):
            pending += [row] if "loss" in row else []
        elif points and not pending and points[-1].step == _whole(_step(row)):
            _note_once(notes, "Of several evaluations at one step the first was taken.")
        else:
            points.append(_point(pending, row))
            pending = []
    _note_mapping(rows, notes)
    return (*points, _point(pending, None)) if pending else tuple(points)


def peak_learning_rate(rows: Iterable[Row], max_steps: float | None) -> float | None:
    """Return the highest learning rate, only where the log can show it.

    The rows of a linear decay lead back to its start. Otherwise the highest logged rate counts if
    it was logged within the first tenth of the plan, or after a rise.
    """
    logged = [
        (step, rate)
        for row in rows
        if (rate := figure(row.get("learning_rate"))) is not None
        and math.isfinite(rate)
        and (step := _step(row)) is not None
    ]
    if not logged or max(rate for _, rate in logged) <= 0:
        return None
    peak_step, peak = max(logged, key=lambda pair: pair[1])
    first_step = logged[0][0]
    if max_steps and len(logged) > 1 and max_steps > first_step:
        starts = [rate / (1 - step / max_steps) for step, rate in logged if step < max_steps]
        if max(starts) - min(starts) < 0.02 * max(starts):
            return float(f"{median(starts):.3g}")
    if peak_step > first_step or (max_steps and first_step <= 0.1 * max_steps):
        return peak
    return None


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


def trained_samples(rows: Sequence[Row], state: Mapping[str, Any]) -> int | None:
    """Return about how many samples an epoch has: time times speed, else steps times batch."""
    epochs = figure(state.get("num_train_epochs"))
    for row in rows:
        seconds, speed = (
            figure(row.get("train_runtime")),
            figure(row.get("train_samples_per_second")),
        )
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


def _point(training: Sequence[Row], evaluation: Row | None) -> Epoch:
    last = evaluation if evaluation is not None else training[-1]
    losses = [loss for row in training if (loss := figure(row.get("loss"))) is not None]
    step = _step(last)
    epoch = figure(last.get("epoch"))
    return Epoch(
        number=epoch if epoch is not None and 0 <= epoch < 1e9 else step or 0.0,
        step=_whole(step),
        train_loss=_mean(losses) if losses else None,
        eval_loss=None if evaluation is None else figure(evaluation.get("eval_loss")),
        metrics={} if evaluation is None else _metrics(evaluation),
        learning_rate=_last(training, "learning_rate"),
        grad_norm=_last(training, "grad_norm"),
    )


def _mean(values: Sequence[float]) -> float:
    try:
        return fmean(values)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond all floats
        return math.nan


def _metrics(row: Row) -> dict[str, float]:
    return {
        canonical_metric(name): value
        for name, given in row.items()
        if _is_metric(name) and (value := figure(given)) is not None
    }


def _is_metric(name: str) -> bool:
    return name.startswith("eval_") and not name.endswith(_NO_METRIC)


def _is_evaluation(row: Row) -> bool:
    return any(name.startswith("eval_") for name in row)


def _note_mapping(rows: Iterable[Row], notes: list[str]) -> None:
    names = dict.fromkeys(name for row in rows for name in row if _is_metric(name))
    notes.extend(
        f"{name} was read as {canonical_metric(name)}."
        for name in names
        if canonical_metric(name) != name.removeprefix("eval_")
    )


def _note_once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _last(rows: Sequence[Row], key: str) -> float | None:
    found = [value for row in rows if (value := figure(row.get(key))) is not None]
    return found[-1] if found else None


def _step(row: Row) -> float | None:
    step = figure(row.get("step"))
    return step if step is not None and 0 <= step < 1e12 else None


def _whole(step: float | None) -> int | None:
    return None if step is None else int(step)


def _key(row: Row) -> tuple[float | None, tuple[str, ...]]:
    return _step(row), tuple(sorted(str(name) for name in row))


def _agree(one: Row, other: Row) -> bool:
    """Whether two rows hold the same losses and scores; times may differ."""
    names = [name for name in one if name == "loss" or _is_metric(name) or name == "eval_loss"]
    return all(repr(one[name]) == repr(other.get(name)) for name in names)
