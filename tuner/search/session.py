"""What the parts of the loop share while one process works on a study."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tuner.engine import Engine
from tuner.search.budget import StudyClock
from tuner.search.completion_order import CompletionOrder
from tuner.search.copies import ModelCopies
from tuner.search.folder import StudyFolder
from tuner.search.forecast import remaining_seconds
from tuner.search.interrupt import StopRequest
from tuner.search.ledger import Ledger
from tuner.search.progress import ProgressFile
from tuner.search.quote import quoted_seconds
from tuner.search.record import prepare_run
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec
from tuner.study_view import Phase, StudyObserver, StudySnapshot, TrialRow
from tuner.trial import TrialState
from tuner.values import to_plain

__all__ = ["Session"]

ALWAYS_FRESH = 20
"""Up to so many trainings each snapshot has a new forecast. Counted, not timed: a machine that
pauses for a moment must not make a small study show an old one."""

FORECAST_SECONDS = 0.0002
"""Per training: for how long a larger study shows the same forecast. To reckon it takes less than a
twentieth of that, so its share of a study's time does not grow."""


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
        order: In which order the trials were asked for and ended.
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
    order: CompletionOrder = field(init=False)
    _progress: ProgressFile = field(init=False)
    _forecast: tuple[float | None, float] = (None, 0.0)  # seconds left, and when to ask anew
    _quoted: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.order = CompletionOrder(self.folder.path)
        self._progress = ProgressFile(self.folder.path)
        self._quoted = quoted_seconds(self.folder.path, self.spec)

    def begin(self, run: RunRecord) -> RunRecord:
        """Make the folder of a training, new or taken up again, and enter it as running."""
        order = {"asked_after": self.order.asked(run.number)} if run.role == "search" else {}
        facts = {
            **order,
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
        snapshot = self.snapshot()
        self._progress.show(snapshot, note)
        self.observer.update(snapshot, note)

    def tick(self) -> None:
        """Tell the observer that time goes by."""
        snapshot = self.snapshot()
        self._progress.show(snapshot)
        self.observer.tick(snapshot)

    def snapshot(self) -> StudySnapshot:
        """Return how the study stands."""
        leading = self.ledger.leading()
        return StudySnapshot(
            name=self.spec.name,
            phase=self.phase,
            trials=self.spec.options.trials,
            finished=self.ledger.ended,
            rows=self._rows(),
            best_key=None if leading is None else leading.key,
            elapsed=self.clock.elapsed,
            remaining=self._remaining(),
            epochs_saved=self.ledger.epochs_saved,
            quoted=self._quoted,
        )

    def _rows(self) -> tuple[TrialRow, ...]:
        """Return the table; engines that load in other places say for which trainings they do."""
        rows = self.ledger.rows(self.trained)
        loading: frozenset[str] = getattr(self.engine, "loading", frozenset())
        if not loading:
            return rows
        return tuple(replace(row, loading=row.key in loading) for row in rows)

    def _remaining(self) -> float | None:
        """Return the expected seconds to the end; a large study is not asked for every snapshot."""
        seconds, next_time = self._forecast
        now = time.monotonic()
        trainings = len(self.ledger.runs)
        if trainings > ALWAYS_FRESH and now < next_time:
            return seconds
        seconds = remaining_seconds(
            self.ledger, self.spec, self.time_left(), self.engine.slots, self.trained
        )
        self._forecast = seconds, now + trainings * FORECAST_SECONDS
        return seconds
