"""The contract between blocks of printed lines and the log that gathers what they say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_tables import ClassificationReport
from diagnostics.readers._training_record import TrainingRecord
from diagnostics.subjects.run_history import RunEvent

__all__ = ["MOST_LINES", "Block", "Gatherer"]

MOST_LINES = 400
"""Lines that a block other than a table takes in at most."""


class Gatherer(Protocol):
    """What a block tells what it found."""

    settings: dict[str, Any]

    @property
    def record(self) -> TrainingRecord:
        """The training that the text is about now."""

    def begin(self) -> None:
        """Begin another training, unless nothing is known of the present one yet."""

    def add(self, row: Row) -> None:
        """Take in a row."""

    def event(self, event: RunEvent) -> None:
        """Take in an event."""

    def fail(self, events: Sequence[RunEvent], start: int, *, chained: bool) -> None:
        """Take in what a traceback tells; see `TrainingLog.fail`."""

    def report(self, report: ClassificationReport) -> None:
        """Take in scores per type."""

    def settle(self, settings: Mapping[str, Any]) -> None:
        """Take hyperparameters for the trainings to come."""


class Block(ABC):
    """Lines that belong together."""

    @abstractmethod
    def take(self, line: str) -> bool:
        """Take in the next line; False when the block ended before it."""

    @abstractmethod
    def tell(self, log: Gatherer) -> None:
        """Say what the block holds, once it has ended."""
