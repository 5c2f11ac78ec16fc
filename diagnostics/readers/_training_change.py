"""Where in a printed log one training ends and another one begins."""

from __future__ import annotations

from diagnostics.readers._printed_rows import Row
from diagnostics.readers._training_record import TrainingRecord
from diagnostics.subjects.run_history import RunEvent

__all__ = ["go_on_from", "is_another"]


def is_another(record: TrainingRecord, row: Row) -> bool:
    """Return whether a row cannot be part of a training and so begins another one."""
    if not record.has_rows:
        return record.failed  # an attempt that failed before it logged anything is no part of this
    if record.ended and not row.ends and row.training and not row.evaluation:
        return not row.counted or row.epoch is not None
    last = record.epoch
    if row.epoch is None:
        return False
    if last is None:  # scores without a place were of something else
        return bool(record.points) and not record.steps and not row.ends
    if row.epoch == last:  # a loop over trainings of a single epoch
        return row.is_empty and row.epochs == 1 and bool(record.points)
    return row.epoch < last and row.epoch <= max(1.0, _first_epoch(record))


def go_on_from(record: TrainingRecord, row: Row) -> None:
    """Where a row goes back to an earlier epoch of a training, forget what it trains once more."""
    last = record.epoch
    if row.epoch is None or last is None or row.ends or row.epoch >= last:
        return
    if row.is_empty:
        return
    record.rewind(row.epoch)
    record.event(
        RunEvent(kind="resumed", message="The log goes back to an earlier epoch.", epoch=row.epoch)
    )


def _first_epoch(record: TrainingRecord) -> float:
    places = [step.epoch for step in record.steps[:1]]
    places += [point.epoch for point in record.points[:1]]
    return min((epoch for epoch in places if epoch is not None), default=0.0)
