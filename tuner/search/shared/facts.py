"""The state of a shared study: what follows from the entries of its log.

Everything here is pure: entries in, facts out. `tuner.search.shared.rules` says which entries
count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tuner.search.completion_order import OrderStep
from tuner.search.shared.log import Entry
from tuner.search.shared.packed import Packed
from tuner.search.shared.rules import counts
from tuner.search.shared.training import Process, Training

__all__ = ["StudyFacts"]


@dataclass(slots=True, kw_only=True)
class StudyFacts:
    """The state of a shared study after the entries read so far.

    Attributes:
        position: Place of the last entry that was read.
        study: Description of the study, or None before the first.
        processes: Everybody who ever joined, by name.
        trainings: All trainings, by key.
        begun: How many trials have an owner, had one, or ended.
        delivered: Key of a training to where its model was put.
        is_exhausted: Whether every setting of a finite space is being tried.
        changed: Keys of the trainings that changed since `take_changed`.
        open: Keys of the trainings that have not ended.
        order: In which order the trials got their settings and ended, over all processes.
        tried: The settings of each trial, as text, to its key.
    """

    position: int = 0
    study: Mapping[str, Any] | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    trainings: dict[str, Training] = field(default_factory=dict)
    begun: int = 0
    delivered: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    is_exhausted: bool = False
    changed: dict[str, None] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    order: list[OrderStep] = field(default_factory=list)
    tried: dict[str, str] = field(default_factory=dict)

    def apply(self, entries: Iterable[Entry]) -> dict[str, bool]:
        """Take note of entries; return for each, by identity, whether it counts."""
        verdicts = {}
        for entry in entries:
            if entry.position > self.position:
                self.position = entry.position
                verdicts[entry.identity] = counts(self, entry)
        return verdicts

    def take_changed(self) -> tuple[Training, ...]:
        """Return the trainings that changed since the last call."""
        keys, self.changed = self.changed, {}
        return tuple(self.trainings[key] for key in keys if key in self.trainings)

    def running(self) -> tuple[Training, ...]:
        """Return the trainings that have not ended."""
        return tuple(self.trainings[key] for key in self.open)

    def owned_by(self, process: str) -> tuple[Training, ...]:
        """Return the trainings that a process runs."""
        return tuple(training for training in self.running() if training.owner == process)

    def put(self, training: Training) -> bool:
        """Take note of a training as it is now; always true, so that rules can end with it."""
        if training.result and training.settings is not None:
            settings, result = Packed(training.settings), Packed(training.result)
            training = replace(training, settings=settings, result=result)
        self.trainings[training.key] = training
        self.changed[training.key] = None
        if training.result is None:
            self.open[training.key] = None
        else:
            self.open.pop(training.key, None)
            if training.is_trial:
                self.order.append(OrderStep(kind="ended", number=training.number))
        return True
