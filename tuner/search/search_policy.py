"""What becomes of a trial while it runs: its epochs are stored, and it is stopped when hopeless."""

from __future__ import annotations

from typing import Protocol

from diagnostics.subjects.run_history import RunEvent
from tuner.search.forecast import confirm_reserve
from tuner.search.pruner import FairPruner, PruneAdvice
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked
from tuner.search.session import Session
from tuner.study_view import Phase
from tuner.trial import EpochReport
from tuner.trunk import is_trunk
from tuner.trunk_end import worsening
from tuner.values import to_plain

__all__ = ["SearchPolicy", "TrialStore"]


class TrialStore(Protocol):
    """What the search asks of wherever a process enters what its trials report."""

    def report(self, number: int, epoch: int, score: float) -> None:
        """Store the score of an epoch."""


class SearchPolicy:
    """What the search of any study does with the epochs of its trials.

    Args:
        session: The work on the study.
        store: Where trials are kept.
    """

    phase: Phase = "search"

    def __init__(self, session: Session, store: TrialStore) -> None:
        self._session = session
        self._store = store
        self._pruner = FairPruner()
        self._pruner_fits = False

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Store the epoch's score where a dashboard finds it."""
        self._store.report(run.number, report.epoch, report.scores.f1)

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return why the trial is stopped, or why it would have been and is let run."""
        options = self._session.spec.options
        if options.prune and is_trunk(run.spec):
            worse = worsening(run.reports, self._fitting_pruner().margin)
            if worse is not None:
                return RunEvent(kind="ended-early", message=worse, epoch=float(run.epoch))
        if not options.prune or run.number == 0:  # trial 0 is what the winner is compared with
            return None
        advice = self._fitting_pruner().advise(run.curve(), self._session.ledger.compared)
        if advice is None:
            return None
        if not self._pruner.lets_run(run.number, options.seed):
            return _event("pruned", advice.reason, run, advice)
        if any(event.kind == "let-run" for event in run.events):
            return None
        return _event("let-run", f"let run to measure the pruner: {advice.reason}", run, advice)

    def time_is_up(self) -> bool:
        """Whether only the time set aside for the confirmation is left."""
        left = self._session.time_left()
        if left is None:
            return False
        session = self._session
        return left <= confirm_reserve(session.ledger, session.spec, session.engine.slots)

    def _record(self, asked: Asked) -> RunRecord:
        key = search_key(asked.number)
        return RunRecord(
            key=key,
            number=asked.number,
            spec=asked.spec,
            role="search",
            origin=asked.origin,
            directory=self._session.folder.trial_directory(key),
        )

    def _fitting_pruner(self) -> FairPruner:
        if not self._pruner_fits:
            entities = self._session.ledger.development_entities()
            if entities is not None:
                self._pruner = self._pruner.for_development_split(entities)
                self._pruner_fits = True
        return self._pruner


def _event(kind: str, message: str, run: RunRecord, advice: PruneAdvice) -> RunEvent:
    step = run.reports[-1].step if run.reports else None
    details = to_plain(advice)
    return RunEvent(kind=kind, message=message, epoch=float(run.epoch), step=step, details=details)
