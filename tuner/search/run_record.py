"""One training as a study remembers it: settings, state, epochs, events. A plain value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diagnostics.subjects.run_history import RunEvent
from tuner.kept_epoch import kept_epoch
from tuner.search.curves import Curve, curve_of
from tuner.study_view import TrialRow
from tuner.trial import EpochReport, TrialSpec, TrialState

__all__ = ["ENDED", "Role", "RunRecord", "confirm_key", "search_key"]

Role = Literal["search", "confirm", "again"]
ENDED = frozenset(
    (TrialState.FINISHED, TrialState.PRUNED, TrialState.FAILED, TrialState.INFEASIBLE)
)
NOTED_EVENTS = ("out-of-memory", "let-run")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One training of a study.

    Attributes:
        key: `0007`, or `0007-seed-43` for the re-run of a contender.
        number: Trial number.
        spec: Its hyperparameters, the seed included.
        role: `search` for a trial; `confirm` for the re-run of a contender with another seed;
            `again` for a training that only makes the winner's deleted weights anew.
        origin: `recipe`, `known good`, `sampler` or `confirm`.
        directory: Its folder.
        state: How it stands.
        reports: One per epoch, without counts per sentence and step-level logs.
        events: What happened, in order.
        reason: Why it ended as it did; empty for a finished training.
    """

    key: str
    number: int
    spec: TrialSpec
    role: Role
    origin: str
    directory: Path
    state: TrialState = TrialState.RUNNING
    reports: tuple[EpochReport, ...] = ()
    events: tuple[RunEvent, ...] = ()
    reason: str = ""

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.reports[-1].epoch if self.reports else 0

    @property
    def ended(self) -> bool:
        """Whether nothing remains to be trained."""
        return self.state in ENDED

    @property
    def best(self) -> EpochReport | None:
        """The epoch that counts, see `tuner.kept_epoch`, or None before the first finite F1."""
        return kept_epoch(self.reports, self.spec)

    @property
    def score(self) -> float | None:
        """Development F1 of the epoch that counts so far."""
        return None if self.best is None else self.best.scores.f1

    @property
    def seconds(self) -> float:
        """Time spent in its epochs."""
        return math.fsum(report.seconds for report in self.reports)

    def same_training(self, other: RunRecord) -> bool:
        """Whether both train the same settings with the same seed, and so make the same model."""
        return (self.number, self.spec.seed) == (other.number, other.spec.seed)

    @property
    def note(self) -> str:
        """Short remark for a table."""
        if self.reason:
            return f"{self.state}: {self.reason}"
        noted = [event.message for event in self.events if event.kind in NOTED_EVENTS]
        return noted[-1] if noted else ""

    def row(self) -> TrialRow:
        """Return the line of this training in a table of trials."""
        return TrialRow(
            key=self.key,
            number=self.number,
            spec=self.spec,
            state=self.state,
            epoch=self.epoch,
            score=self.score,
            best_epoch=None if self.best is None else self.best.epoch,
            seconds=self.seconds,
            origin=self.origin,
            note=self.note,
        )

    def curve(self) -> Curve:
        """Return its learning curve over its own plan, as the pruner compares it."""
        told = ((one.epoch, one.scores.f1, one.scores.loss) for one in self.reports)
        return curve_of(self.key, self.spec, self.state, told)


def search_key(number: int) -> str:
    """Return the key of a trial."""
    return f"{number:04d}"


def confirm_key(number: int, seed: int) -> str:
    """Return the key of a contender's re-run with another seed."""
    return f"{search_key(number)}-seed-{seed}"
