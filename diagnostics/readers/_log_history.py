"""The rows of a Trainer's `log_history`, made into the points and steps of a run.

Every reader of a log with steps brings its rows into this form: `step`, `epoch`, and `loss`,
`learning_rate`, `grad_norm` in rows of the training or `eval_...` in rows of an evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import compress
from statistics import fmean
from typing import Any

from diagnostics.readers._scores import Scores, is_metric, scores_of, standard_names
from diagnostics.readers._vocabulary import figure
from diagnostics.subjects.run_history import Epoch, Step

__all__ = ["epochs_of", "is_evaluation", "is_non_finite", "merged", "rows_of", "spread", "steps_of"]

Row = dict[str, Any]

MOST_STEPS = 20_000
"""Step-level rows that are kept: more than any chart or statistic tells apart."""

_MOST_NON_FINITE = 100
_MOST_POINTS_WITHOUT_EVALUATION = 20
_EVAL_LOSSES = ("eval_loss", "eval_validation_loss", "eval_valid_loss", "eval_dev_loss")
_TRAINING = ("loss", "learning_rate", "grad_norm")
_TRAINED = frozenset(_TRAINING)


def rows_of(value: Any) -> list[Row]:
    """Return the objects of a log in order, training before evaluation.

    The order is that of steps, or of epochs where no row tells its step.
    """
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    place = _step if any("step" in row for row in rows) else _epoch
    return sorted(rows, key=lambda row: (place(row) or 0.0, is_evaluation(row)))


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
    kinds = [is_evaluation(row) for row in rows]
    if True not in kinds:
        training = [row for row in rows if "loss" in row]
        size = max(1, -(-len(training) // _MOST_POINTS_WITHOUT_EVALUATION))
        return tuple(_point(training[at : at + size], None) for at in range(0, len(training), size))
    points: list[Epoch] = []
    pending: list[Row] = []
    for row, evaluates in zip(rows, kinds, strict=True):
        if not evaluates:
            pending += [row] if "loss" in row else []
        elif points and not pending and _same_place(points[-1], row):
            _note_once(notes, "Of several evaluations at one step the first was taken.")
        else:
            points.append(_point(pending, row))
            pending = []
    evaluations = list(compress(rows, kinds))
    united = standard_names(spread(evaluations, 100))
    notes.extend(f"{name} was read as {standard}." for name, standard in united.items())
    return (*points, _point(pending, None)) if pending else tuple(points)


def steps_of(rows: Sequence[Row], notes: list[str]) -> tuple[Step, ...]:
    """Return the step-level log: of a longer one `MOST_STEPS` rows, evenly spread, and say so."""
    training = [
        row
        for row in rows
        if not (_TRAINED.isdisjoint(row) or is_evaluation(row)) and _step(row) is not None
    ]
    kept = spread(training, MOST_STEPS)
    if len(kept) < len(training):
        notes.append(
            f"Of {len(training):,} step-level rows {len(kept):,} were kept, evenly spread."
        )
    return tuple(
        Step(
            step=int(_step(row) or 0),
            epoch=_epoch(row),
            loss=figure(row.get("loss")),
            learning_rate=figure(row.get("learning_rate")),
            grad_norm=figure(row.get("grad_norm")),
        )
        for row in kept
    )


def spread(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """Return about `most` rows, evenly spread, with the first rows that hold NaN or infinity."""
    if len(rows) <= most:
        return rows
    chosen = {index * (len(rows) - 1) // (most - 1) for index in range(most)}
    odd = (index for index, row in enumerate(rows) if is_non_finite(row))
    chosen.update(index for index, _ in zip(odd, range(_MOST_NON_FINITE), strict=False))
    return [rows[index] for index in sorted(chosen)]


def is_evaluation(row: Row) -> bool:
    """Return whether a row tells of an evaluation."""
    if "eval_loss" in row:
        return True
    for name in row:  # noqa: SIM110 - asked of every row several times; a generator costs twice that
        if name.startswith("eval_"):
            return True
    return False


def is_non_finite(row: Row) -> bool:
    """Return whether the training's figures in a row hold NaN or infinity."""
    values = (figure(row.get(name)) for name in _TRAINING)
    return any(value is not None and not math.isfinite(value) for value in values)


def _point(training: Sequence[Row], evaluation: Row | None) -> Epoch:
    last = evaluation if evaluation is not None else training[-1]
    losses = [loss for row in training if (loss := figure(row.get("loss"))) is not None]
    scores = Scores() if evaluation is None else scores_of(evaluation)
    step = _step(last)
    epoch = _epoch(last)
    return Epoch(
        number=epoch if epoch is not None else step or 0.0,
        step=_whole(step),
        train_loss=_mean(losses) if losses else None,
        eval_loss=None if evaluation is None else _eval_loss(evaluation),
        metrics=scores.metrics,
        learning_rate=_last(training, "learning_rate"),
        grad_norm=_last(training, "grad_norm"),
        per_type=scores.per_type,
    )


def _eval_loss(row: Row) -> float | None:
    """Return the loss of an evaluation, which may bear the name of one of several splits."""
    losses = (figure(row.get(name)) for name in _EVAL_LOSSES)
    return next((loss for loss in losses if loss is not None), None)


def _same_place(point: Epoch, row: Row) -> bool:
    step = _whole(_step(row))
    return point.step == step and (step is not None or point.number == _epoch(row))


def _mean(values: Sequence[float]) -> float:
    try:
        return fmean(values)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond all floats
        return math.nan


def _note_once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _last(rows: Iterable[Row], key: str) -> float | None:
    found = [value for row in rows if (value := figure(row.get(key))) is not None]
    return found[-1] if found else None


def _epoch(row: Row) -> float | None:
    epoch = figure(row.get("epoch"))
    return epoch if epoch is not None and 0 <= epoch < 1e9 else None


def _step(row: Row) -> float | None:
    step = figure(row.get("step"))
    return step if step is not None and 0 <= step < 1e12 else None


def _whole(step: float | None) -> int | None:
    return None if step is None else int(step)


def _key(row: Row) -> tuple[float | None, float | None, tuple[str, ...]]:
    step = _step(row)
    epoch = _epoch(row) if step is None else None
    return step, epoch, tuple(sorted(str(name) for name in row))


def _agree(one: Row, other: Row) -> bool:
    """Whether two rows hold the same losses and scores; times may differ."""
    names = [name for name in one if name in {"loss", "eval_loss"} or is_metric(name)]
    return all(repr(one[name]) == repr(other.get(name)) for name in names)
