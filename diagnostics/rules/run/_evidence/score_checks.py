"""What can be wrong with a logged score by itself; each check returns what it saw, or None."""

from __future__ import annotations

import math
from collections.abc import Iterator

from diagnostics import series
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = [
    "constant_score",
    "harmonic_means",
    "impossible_values",
    "miscounted",
    "mixed_averages",
    "one_average",
]

SHARES = ("f1", "precision", "recall", "accuracy")


def impossible_values(run: RunHistory) -> dict[str, float]:
    """Return metric to its worst value that no share can have: negative, above 1, or NaN.

    NaN counts for the monitored metric at the end only: before anything is predicted a ratio of
    nought to nought is NaN in some libraries, and no fault.
    """
    found: dict[str, float] = {}
    for point in run.epochs:
        for name in SHARES:
            value = series.number(point.metrics.get(name))
            if value is not None and not 0 <= value <= 1 + 1e-9:
                found[name] = max(value, found.get(name, value))
    scored = [point for point in run.epochs if point.metrics]
    last = scored[-1].metrics.get(run.monitor or "", 0.0) if scored else 0.0
    if run.monitor in SHARES and not math.isfinite(last):
        found[run.monitor] = last
    return found


def constant_score(run: RunHistory, *, least_move: float) -> tuple[float, float] | None:
    """Return (score, move of the loss) if every evaluation has the same score over moving losses.

    The move is the largest change of a loss, training or evaluation, as a share of its minimum.
    """
    values = {point.value for point in series.scores(run)}
    if len(values) != 1:
        return None
    moves = [
        max(losses) / min(losses) - 1
        for track in (series.train_losses(run), series.eval_losses(run))
        if (losses := [point.value for point in track]) and min(losses) > 0
    ]
    move = max(moves, default=0.0)
    return (values.pop(), move) if move > least_move else None


def harmonic_means(run: RunHistory) -> Iterator[tuple[Epoch, float, float]]:
    """Yield (point, F1, harmonic mean of precision and recall) where all three were logged."""
    for point in run.epochs:
        f1, precision, recall = (series.number(point.metrics.get(name)) for name in SHARES[:3])
        if f1 is None or precision is None or recall is None or precision + recall <= 0:
            continue
        yield point, f1, 2 * precision * recall / (precision + recall)


def mixed_averages(run: RunHistory) -> tuple[float, float] | None:
    """Return (precision, recall) if precision equals accuracy everywhere and recall does not.

    Micro averages of single-label classes are all equal to the accuracy, weighted recall is, too;
    precision alone only where recall is 1 (everything is called positive), which is left out.
    """
    rows = [_shares(point) for point in run.epochs if point.metrics]
    known = [row for row in rows if row is not None]
    size = series.whole(run.dataset.get("dev_sentences")) or 0
    if not known or len(known) != len(rows) or (len(known) < 2 and size < 100):
        return None
    for _, precision, recall, accuracy in known:
        if precision != accuracy or abs(recall - accuracy) < 0.02 or recall > 0.999:
            return None
    return known[-1][1], known[-1][2]


def one_average(run: RunHistory) -> float | None:
    """Return the value if F1, precision, recall and accuracy are one number everywhere."""
    rows = [_shares(point) for point in run.epochs if point.metrics]
    known = [row for row in rows if row is not None]
    if not known or len(known) != len(rows):
        return None
    same = all(max(row) - min(row) < 1e-9 and 0 < row[0] < 1 for row in known)
    return known[-1][0] if same else None


def miscounted(run: RunHistory, *, tolerance: float) -> tuple[float, float] | None:
    """Return (entities evaluated, entities of the split) where they differ.

    Evaluated are the gold entities over all types; where the size of the split is unknown the first
    evaluation stands for it. The tolerance is a share of it.
    """
    totals = [total for point in run.epochs if (total := _support(point)) is not None]
    gold = series.whole(run.dataset.get("dev_entities")) or (totals[0] if totals else 0.0)
    wrong = [total for total in totals if abs(total - gold) > tolerance * gold]
    return (wrong[0], float(gold)) if wrong else None


def _support(point: Epoch) -> float | None:
    """Return the sum of the supports of all types; None when one of them is unknown."""
    supports = [series.number(scores.get("support")) for scores in point.per_type.values()]
    known = [support for support in supports if support is not None]
    return math.fsum(known) if known and len(known) == len(supports) else None


def _shares(point: Epoch) -> tuple[float, float, float, float] | None:
    values = [series.number(point.metrics.get(name)) for name in SHARES]
    f1, precision, recall, accuracy = values
    if f1 is None or precision is None or recall is None or accuracy is None:
        return None
    return f1, precision, recall, accuracy
