"""Makes the history of the richest training out of what printed text told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnostics.readers import _attempts
from diagnostics.readers import _log_estimates as estimates
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._printed_curves import epochs_of, steps_of
from diagnostics.readers._printed_places import Places
from diagnostics.readers._training_record import TrainingRecord
from diagnostics.series import number, whole
from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory, Step

__all__ = ["history_of"]

_MOST_NAMED = 5
_MOST_EVENTS = 50


def history_of(
    records: Sequence[TrainingRecord],
    *,
    environment: Mapping[str, Any],
    source: str,
    unit: str = "line",
) -> RunHistory | None:
    """Return the history of the training that tells most, None when none tells anything.

    `unit` says what the numbers of lines count, for the notes that name the other trainings.
    """
    told = _told(records)
    if not told:
        return None
    chosen = max(told, key=_richness)
    chosen = chosen if chosen.has_rows else told[-1]
    events = _attempts.events_of(told, chosen)
    places = Places(chosen)
    notes = [*_others(told, chosen, unit), *chosen.notes, *places.notes]
    epochs = epochs_of(chosen, places, notes)
    steps = steps_of(chosen, places, notes)
    monitor, higher = choose_monitor(
        [point.metrics for point in epochs if point.metrics],
        best=None,
        has_loss=any(point.eval_loss is not None for point in epochs),
    )
    return RunHistory(
        epochs=epochs,
        config=_config(chosen, places, steps, epochs) | _state(told[-1]),
        dataset=chosen.dataset,
        environment={**_environment(chosen), **environment},
        events=tuple(_placed(event, places) for event in events[-_MOST_EVENTS:]),
        monitor=monitor,
        higher_is_better=higher,
        source=source,
        notes=tuple(notes),
        steps=steps,
    )


def _environment(record: TrainingRecord) -> dict[str, Any]:
    """Return the library and the times that a training tells."""
    told: dict[str, Any] = {"library": "transformers"} if record.by_share else {}
    rows: list[dict[str, Any]] = [
        {"eval_loss": None, "eval_runtime": seconds} for seconds in record.evaluating
    ]
    return told | estimates.times_of([*rows, {"train_runtime": record.seconds}], {})


def _told(records: Iterable[TrainingRecord]) -> list[TrainingRecord]:
    """Return the trainings that tell anything; scores without a place count where all are so."""
    told = _different(record for record in records if _tells(record))
    if any(_is_placed(record) for record in told):
        told = [record for record in told if _is_placed(record) or record.events]
    return told


def _different(records: Iterable[TrainingRecord]) -> list[TrainingRecord]:
    """Return the trainings without those that only show another one's evaluations once more."""
    found: dict[tuple[Any, ...], TrainingRecord] = {}
    for record in records:
        scored = tuple(
            (point.epoch, point.step, *sorted((k, f"{v:.4f}") for k, v in point.scores.items()))
            for point in record.points
        )
        found.setdefault(scored or (id(record),), record)
    return list(found.values())


def _placed(event: RunEvent, places: Places) -> RunEvent:
    if event.epoch is None and event.step is None:
        return event
    number = None if event.epoch is None else places.number(event.epoch, event.step)
    return replace(event, epoch=number, step=places.step(event.epoch, event.step))


def _tells(record: TrainingRecord) -> bool:
    return bool(record.has_rows or record.events or record.announced)


def _is_placed(record: TrainingRecord) -> bool:
    """Whether the rows say where in a training they stand."""
    return record.has_rows and (record.epoch is not None or record.step is not None)


def _richness(record: TrainingRecord) -> tuple[bool, bool, int, int, int]:
    count = len(record.points)
    return record.has_rows, _is_placed(record), record.evaluations, count, record.seen_steps


def _others(records: Sequence[TrainingRecord], chosen: TrainingRecord, unit: str) -> list[str]:
    others = [record for record in records if record is not chosen]
    if not others or not chosen.has_rows:
        return []
    named = "; ".join(_named(record, unit) for record in others[:_MOST_NAMED])
    more = f"; and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    judged = f"that in {_span(chosen, unit)} tells most and was judged"
    return [f"Of {len(records)} trainings, {judged}; the others: {named}{more}."]


def _named(record: TrainingRecord, unit: str) -> str:
    count = record.evaluations
    tells = f"{count} evaluation{'' if count == 1 else 's'}" if record.has_rows else "no figures"
    failed = f", ended by {record.events[-1].kind}" if record.failed and record.events else ""
    return f"{_span(record, unit)} ({tells}{failed})"


def _span(record: TrainingRecord, unit: str) -> str:
    if record.first_line >= record.last_line:
        return f"{unit} {record.first_line}"
    return f"{unit}s {record.first_line} to {record.last_line}"


def _config(
    record: TrainingRecord, places: Places, steps: Sequence[Step], epochs: Sequence[Epoch]
) -> dict[str, Any]:
    config = dict(record.config)
    if places.total_steps is not None:
        config.setdefault("max_steps", places.total_steps)
    rows = [
        {"step": step.step, "learning_rate": step.learning_rate}
        for step in steps
        if step.learning_rate is not None
    ]
    rate = (
        estimates.peak_learning_rate(rows, whole(config.get("max_steps")))
        if places.numbered
        else None
    )
    if rate is not None:
        config.setdefault("learning_rate", rate)
    elif record.counted and epochs and (first := number(epochs[0].learning_rate)):
        config.setdefault("learning_rate", first)
    done = max((point.step for point in epochs if point.step is not None), default=None)
    if done is not None:
        config.setdefault("steps_done", done)
    return config


def _state(last: TrainingRecord) -> dict[str, Any]:
    return {"state": "failed"} if last.failed and not last.ended else {}
