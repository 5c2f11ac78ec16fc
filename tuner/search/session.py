"""What the parts of the loop share while one process works on a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tuner.engine import Engine
from tuner.search.budget import StudyClock
from tuner.search.copies import ModelCopies
from tuner.search.folder import StudyFolder
from tuner.search.forecast import remaining_seconds
from tuner.search.interrupt import StopRequest
from tuner.search.ledger import Ledger
from tuner.search.record import prepare_run
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec
from tuner.study_view import Phase, StudyObserver, StudySnapshot
from tuner.trial import TrialState
from tuner.values import to_plain

__all__ = ["Session"]


@dataclass(slots=True, kw_only=True)
class Session:
    """One process's work on a study.

    Attributes:
        spec: The study.
        engine: Where trainings run.
        observer: Who watches.
        folder: The study's folder, locked.
        ledger: All trainings.
        copies: The models on disk.
        clock: Time spent, over all restarts.
        stop: Whether somebody wants it to stop.
        environment: What `environment.json` of each training says.
        phase: What is going on.
        trained: Key of a running training to the epochs it trained, the running one as a fraction.
        warnings: What the reader of the summary must know, as sentences.
    """

    spec: StudySpec
    engine: Engine
    observer: StudyObserver
    folder: StudyFolder
    ledger: Ledger
    copies: ModelCopies
    clock: StudyClock
    stop: StopRequest
    environment: Mapping[str, Any]
    phase: Phase = "search"
    trained: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def begin(self, run: RunRecord) -> RunRecord:
        """Make the folder of a training, new or taken up again, and enter it as running."""
        facts = {
            "study": self.spec.name,
            "model": to_plain(self.spec.model),
            "training": to_plain(self.spec.training),
            "data": {
                "source": self.spec.data_source,
                "fingerprint": self.spec.data_fingerprint,
                **to_plain(self.spec.data_facts),
            },
        }
        prepare_run(run, facts, self.environment)
        return self.ledger.put(replace(run, state=TrialState.RUNNING, reports=(), reason=""))

    def time_left(self) -> float | None:
        """Seconds left of the time budget, or None without one."""
        budget = self.spec.options.time_budget
        return None if budget is None else budget - self.clock.elapsed

    def update(self, note: str) -> None:
        """Tell the observer that something happened."""
        self.observer.update(self.snapshot(), note)

    def snapshot(self) -> StudySnapshot:
        """Return how the study stands."""
        leading = self.ledger.leading()
        return StudySnapshot(
            name=self.spec.name,
            phase=self.phase,
            trials=self.spec.options.trials,
            finished=self.ledger.ended,
            rows=tuple(
                replace(row, trained=self.trained.get(row.key, 0.0)) for row in self.ledger.rows()
            ),
            best_key=None if leading is None else leading.key,
            elapsed=self.clock.elapsed,
            remaining=remaining_seconds(
                self.ledger, self.spec, self.time_left(), self.engine.slots, self.trained
            ),
            epochs_saved=self.ledger.epochs_saved,
        )
