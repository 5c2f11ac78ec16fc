"""What failed in the attempts that one log tells of, and which of it ended the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from diagnostics.readers._training_record import TrainingRecord
from diagnostics.subjects.run_history import RunEvent

__all__ = ["FATAL", "events_of"]

FATAL = frozenset(
    ("out-of-memory", "host-out-of-memory", "error", "label-error", "unknown-argument")
)
"""Kinds of events after which a training is over, unless it logs something more."""

_OF_A_FAILURE = FATAL | {"version-conflict"}


def events_of(records: Sequence[TrainingRecord], judged: TrainingRecord) -> list[RunEvent]:
    """Return the events of the training that is judged, and the failures of the other attempts.

    What ended an attempt before the last one has been overcome (`details["overcome"]`). What ended
    the last one counts, also where an earlier one tells more and is judged (`details["later"]`);
    only the events of the judged training keep their places.

    Args:
        records: The trainings of one log, in its order.
        judged: The one whose figures are judged.
    """
    found: list[RunEvent] = []
    for record in records:
        is_last = record is records[-1]
        if record is judged:
            found += record.events if is_last else _with_end_overcome(record)
        elif record.failed:
            flag = "later" if is_last else "overcome"
            found += (_placeless(_flagged(event, flag)) for event in _end_of(record))
    return found


def _end_of(record: TrainingRecord) -> Iterator[RunEvent]:
    """Yield the failures at the end of a training."""
    for event in record.events:
        if event.kind in _OF_A_FAILURE and (event.epoch, event.step) == (record.epoch, record.step):
            yield event


def _with_end_overcome(record: TrainingRecord) -> list[RunEvent]:
    end = list(_end_of(record)) if record.failed else []
    return [_flagged(event, "overcome") if event in end else event for event in record.events]


def _flagged(event: RunEvent, flag: str) -> RunEvent:
    return replace(event, details={**event.details, flag: True})


def _placeless(event: RunEvent) -> RunEvent:
    return replace(event, epoch=None, step=None)
