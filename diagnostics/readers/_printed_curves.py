"""The curves of a run, out of the points and steps that were printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnostics.readers._printed_places import Places
from diagnostics.readers._printed_points import Point
from diagnostics.readers._training_record import TrainingRecord
from diagnostics.subjects.run_history import Epoch, Step

__all__ = ["epochs_of", "steps_of"]

_MOST_STRETCHES = 20
_SHARES = frozenset({"f1", "precision", "recall", "accuracy", "macro_f1", "f1_macro", "score"})


def epochs_of(record: TrainingRecord, places: Places, notes: list[str]) -> tuple[Epoch, ...]:
    """Return the evaluated points of a training, or where it was never evaluated, stretches."""
    return _scaled(_named_scores(_points(record, places, notes), record, notes), notes)


def _points(record: TrainingRecord, places: Places, notes: list[str]) -> list[Epoch]:
    points = [_point(point, places) for point in record.points]
    if points and not any(_has_place(point) for point in record.points):
        notes.append("The log numbers no epochs; its evaluations are counted.")
        points = [replace(point, number=float(at)) for at, point in enumerate(points, start=1)]
    if not record.points and record.steps:
        return _stretches(record, places)
    if record.pending.rows:
        tail = record.pending
        tail.epoch, tail.step = record.epoch, record.step
        points.append(_point(tail, places))
    if not points and record.mean_loss is not None:
        points.append(Epoch(number=places.number(record.epoch, record.step)))
    if len(points) == 1 and points[0].train_loss is None:
        points[0] = replace(points[0], train_loss=record.mean_loss)
    return points


def _has_place(point: Point) -> bool:
    return point.epoch is not None or point.step is not None


def _point(point: Point, places: Places) -> Epoch:
    metrics = {name: value for name, value in point.scores.items() if name != "loss"}
    return Epoch(
        number=places.number(point.epoch, point.step),
        step=places.step(point.epoch, point.step),
        train_loss=point.loss,
        eval_loss=point.scores.get("loss"),
        metrics=metrics,
        learning_rate=point.learning_rate,
        grad_norm=point.grad_norm,
        seconds=point.seconds,
        per_type=point.per_type,
    )


def _stretches(record: TrainingRecord, places: Places) -> list[Epoch]:
    """Cut a run that was never evaluated into a few stretches."""
    size = max(1, -(-len(record.steps) // _MOST_STRETCHES))
    points = []
    for start in range(0, len(record.steps), size):
        rows = record.steps[start : start + size]
        losses = [row.loss for row in rows if row.loss is not None]
        points.append(
            Epoch(
                number=places.number(rows[-1].epoch, rows[-1].step),
                step=places.step(rows[-1].epoch, rows[-1].step),
                train_loss=sum(losses) / len(losses) if losses else None,
                learning_rate=rows[-1].learning_rate,
                grad_norm=rows[-1].grad_norm,
            )
        )
    return points


def _named_scores(
    points: Sequence[Epoch], record: TrainingRecord, notes: list[str]
) -> Sequence[Epoch]:
    """Return the points with the score of flair's sequence tagger by its name."""
    if record.config.get("architecture") != "SequenceTagger" or any(
        "f1" in point.metrics or "score" not in point.metrics for point in points if point.metrics
    ):
        return points
    notes.append("score was read as f1: so flair calls the micro-averaged F1 of a tagger.")
    return [
        replace(
            point,
            metrics={"f1" if name == "score" else name: v for name, v in point.metrics.items()},
        )
        for point in points
    ]


def _scaled(points: Sequence[Epoch], notes: list[str]) -> tuple[Epoch, ...]:
    """Return the points with shares from 0 to 1, where the log gives percentages."""
    largest = {
        name: max(point.metrics.get(name, 0.0) for point in points)
        for name in _SHARES & {name for point in points for name in point.metrics}
    }
    percent = {name for name, value in largest.items() if 1.5 < value <= 100}
    notes.extend(f"{name} was read as a percentage." for name in sorted(percent))
    if not percent:
        return tuple(points)
    return tuple(
        replace(
            point,
            metrics={
                name: value / 100 if name in percent else value
                for name, value in point.metrics.items()
            },
        )
        for point in points
    )


def steps_of(record: TrainingRecord, places: Places, notes: list[str]) -> tuple[Step, ...]:
    """Return the step-level log; steps that nothing tells are counted by rows of the log."""
    if record.seen_steps > len(record.steps):
        notes.append(f"Of {record.seen_steps:,} logged steps {len(record.steps):,} were kept.")
    return tuple(
        Step(
            step=index if (step := places.step(row.epoch, row.step)) is None else step,
            epoch=None if row.epoch is None else places.number(row.epoch, row.step),
            loss=row.loss,
            learning_rate=row.learning_rate,
            grad_norm=row.grad_norm,
        )
        for index, row in enumerate(record.steps, start=1)
    )
