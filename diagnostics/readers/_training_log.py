"""Gathers the trainings that a log tells of, one after another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnostics.readers._attempts import FATAL
from diagnostics.readers._held_report import HeldReport
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_tables import ClassificationReport
from diagnostics.readers._training_change import go_on_from, is_another
from diagnostics.readers._training_record import TrainingRecord, is_echo
from diagnostics.subjects.run_history import RunEvent

__all__ = ["TrainingLog"]

_MOST_RECORDS = 500
_APART = 3
"""Lines between two tracebacks from which on they are not of one crash: a program that dies prints
little in between."""

_LAUNCHER = re.compile(
    r"ChildFailedError|Process(?:Raised|Exited)Exception|CalledProcessError|non-zero exit status"
)
"""How those that start a training report that it failed: they do not know why."""


class TrainingLog:
    """The trainings of a log, as its rows and events come in.

    Attributes:
        records: The trainings, in the order of the text; the last one goes on.
        environment: The device, where it was printed.
        settings: Hyperparameters that hold for the trainings to come.
        dataset: Sizes of the splits that hold for the trainings to come.
        number: Where in the log the next row or event stands.
    """

    def __init__(self) -> None:
        self.records = [TrainingRecord(1)]
        self.environment: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self.dataset: dict[str, Any] = {}
        self.number = 1
        self._failed_at = 1
        self._report = HeldReport()

    @property
    def record(self) -> TrainingRecord:
        """The training that the text is about now."""
        return self.records[-1]

    def begin(self) -> None:
        """Begin another training, unless nothing is known of the present one yet."""
        known = self.record.has_rows or self.record.failed
        if known and len(self.records) < _MOST_RECORDS:
            self.records.append(TrainingRecord(self.number))
            self._report.drop()

    def add(self, row: Row) -> None:
        """Take in a row, for the present training or, where it cannot be part of it, another."""
        if row.counted and self.record.by_share and not self.record.ended:
            return  # what a callback prints beside the Trainer's own rows says nothing new
        if is_another(self.record, row):
            self.begin()
        else:
            go_on_from(self.record, row)
        record = self.record
        if not record.has_rows and not row.is_empty:
            record.config = {**self.settings, **record.config}
            record.dataset = {**self.dataset, **record.dataset}
            record.first_line = self.number
        record.last_line = self.number
        record.add(row)
        if row.evaluation:
            self._report.match(record)

    def report(self, report: ClassificationReport) -> None:
        """Take in a classification report, for the evaluation that it belongs to."""
        self._report.take(report, self.record)

    def event(self, event: RunEvent) -> None:
        """Take in an event at the place where the training stands."""
        record = self.record
        if not record.has_rows:
            record.config = {**self.settings, **record.config}
            record.first_line = record.first_line if record.events else self.number
        record.last_line = self.number
        placed = replace(event, epoch=record.epoch, step=record.step)
        if record.ended and event.kind == "error":
            placed = replace(placed, details={**event.details, "phase": "after-training"})
        record.event(placed)
        if event.kind in FATAL:
            record.failed, self._failed_at = True, self.number

    def fail(self, events: Sequence[RunEvent], start: int, *, chained: bool) -> None:
        """Take in what a traceback tells.

        Args:
            events: Its failures; the last one ended the program, but one of a known kind among them
                says more about the cause.
            start: Where the traceback begins.
            chained: Whether it goes on from another one, raised while that was handled.
        """
        told = [event for event in events if event.kind != "error"] or list(events[-1:])
        before = self.record.events[-1] if self.record.failed and self.record.events else None
        if not told or (before is not None and _LAUNCHER.search(told[-1].message)):
            return
        if before is not None and chained and told[-1].kind == "error":
            if before.kind != "error":
                return
            self.record.events.pop()
        elif before is not None and not chained:
            known = is_echo(before, replace(told[0], epoch=before.epoch, step=before.step))
            if not known and start - self._failed_at > _APART:
                self.begin()
        for event in told:
            self.event(event)

    def settle(self, settings: Mapping[str, Any]) -> None:
        """Take hyperparameters for the trainings to come."""
        self.settings = {**self.settings, **settings}

    def finish(self) -> None:
        """Give a report that is still held to the last evaluation."""
        self._report.settle(self.record)
