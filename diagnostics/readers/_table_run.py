"""The history of a run from the rows that were gathered of its table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._draft import Draft
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._numbering import Numbering, counts_from_zero
from diagnostics.readers._peak_rate import peak_rate
from diagnostics.readers._scores import scores_of
from diagnostics.readers._shares import make_shares
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_notes import numbering_notes, order_notes
from diagnostics.readers._vocabulary import canonical_metric
from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory, Step

__all__ = ["run_of"]

_MOST_STRETCHES = 20
_DAY = 24 * 60 * 60.0


def run_of(
    table: RunTable,
    *,
    source: str,
    notes: Sequence[str],
    config: Mapping[str, Any] | None = None,
    events: Sequence[RunEvent] = (),
    from_zero: bool | None = None,
) -> RunHistory:
    """Return the history that the rows of a table tell.

    Args:
        table: The rows.
        source: Where they were read from.
        notes: What was found out while reading.
        config: Hyperparameters from beside the table; the learning rate is told from the log where
            they are silent.
        events: What happened besides.
        from_zero: Whether epochs are counted from 0; None to tell it from the first one.

    Raises:
        DiagnosticsError: No row told anything.
    """
    drafts = table.finish()
    steps = list(table.steps)
    if not drafts and not any(step.loss is not None for step in steps):
        raise DiagnosticsError(
            f"`{source}` holds no row with a loss or a score.", "Give the log of a training."
        )
    told = [*notes, *order_notes(table), *make_shares(drafts)]
    if from_zero is None:
        from_zero = counts_from_zero(table.first, drafts)
    numbering = Numbering(drafts, whole=table.whole_epochs, from_zero=from_zero)
    steps = [_numbered(step, numbering) for step in steps]
    points = _points(drafts, numbering)
    if not any(draft.evaluated for draft in drafts) and len(points) < min(4, len(steps)):
        points = _stretches(steps)
    told += numbering_notes(drafts, numbering)
    monitor, higher = choose_monitor(
        [point.metrics for point in points if point.metrics],
        best=None,
        has_loss=any(point.eval_loss is not None for point in points),
        config=config,
    )
    return RunHistory(
        epochs=points,
        config=_with_learning_rate(dict(config or {}), steps or points),
        events=(*events, *_resumed(table)),
        monitor=monitor,
        higher_is_better=higher,
        source=source,
        notes=tuple(told),
        steps=tuple(steps) if table.trains_apart or len(steps) > len(points) else (),
    )


def _resumed(table: RunTable) -> list[RunEvent]:
    """Return where a log went back by a part of its epochs; from the start it is another run."""
    return [
        RunEvent(
            kind="resumed",
            message=f"The log goes on at epoch {epoch:g} after epoch {newest:g}.",
            epoch=epoch,
        )
        for newest, epoch in table.returns[:5]
        if epoch > 1
    ]


def _numbered(step: Step, numbering: Numbering) -> Step:
    epoch = None if step.epoch is None else numbering.at(step.epoch, step.step)
    return Step(
        step=step.step,
        epoch=epoch,
        loss=step.loss,
        learning_rate=step.learning_rate,
        grad_norm=step.grad_norm,
    )


def _points(drafts: Sequence[Draft], numbering: Numbering) -> tuple[Epoch, ...]:
    numbers = numbering.of_points(drafts)
    seconds = _seconds(drafts)
    points = []
    for draft, number, time in zip(drafts, numbers, seconds, strict=True):
        scores = scores_of({f"eval_{name}": value for name, value in draft.scores.items()})
        train = {f"train_{canonical_metric(n)}": value for n, value in draft.train_scores.items()}
        points.append(
            Epoch(
                number=number,
                step=draft.step,
                train_loss=draft.train_loss,
                eval_loss=draft.eval_loss,
                metrics=scores.metrics | (train if draft.evaluated else {}),
                learning_rate=draft.learning_rate,
                grad_norm=draft.grad_norm,
                seconds=time,
                per_type=scores.per_type,
            )
        )
    return tuple(points)


def _seconds(drafts: Sequence[Draft]) -> list[float | None]:
    """Return the time of each point: told, or since the point before by the clock.

    Times that only ever grow, to twice the first and more, are those since the start.
    """
    told = [draft.seconds for draft in drafts]
    clock = [draft.clock for draft in drafts]
    known = [time for time in told if time is not None]
    grows = all(one < two for one, two in itertools.pairwise(known))
    if known and not (len(known) >= 4 and grows and known[-1] > 2 * known[0]):
        return told
    times = told if known else clock
    passed: list[float | None] = [None] * len(times)
    for index, (one, two) in enumerate(itertools.pairwise(times), start=1):
        if one is not None and two is not None:
            passing = two - one
            # A time of day starts anew at midnight.
            passing += _DAY if passing < 0 and one < _DAY else 0.0
            passed[index] = passing if passing >= 0 else None
    return passed


def _stretches(steps: Sequence[Step]) -> tuple[Epoch, ...]:
    """Cut the training rows of a run that was never evaluated into at most 20 equal stretches."""
    rows = [step for step in steps if step.loss is not None]
    size = max(1, -(-len(rows) // _MOST_STRETCHES))
    points = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        last = part[-1]
        points.append(
            Epoch(
                number=float(last.step) if last.epoch is None else last.epoch,
                step=last.step,
                train_loss=sum(row.loss or 0.0 for row in part) / len(part),
                learning_rate=last.learning_rate,
                grad_norm=last.grad_norm,
            )
        )
    return tuple(points)


def _with_learning_rate(
    config: dict[str, Any], rows: Sequence[Epoch] | Sequence[Step]
) -> dict[str, Any]:
    """Add the highest learning rate, where the log can show it and nothing else told it."""
    logged = [
        (float(row.number if isinstance(row, Epoch) else row.step), row.learning_rate)
        for row in rows
        if row.learning_rate is not None
    ]
    rate = peak_rate(logged)
    if rate is not None:
        config.setdefault("learning_rate", rate)
    return config
