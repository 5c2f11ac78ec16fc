"""The search itself: trials come from the sampler, hopeless ones are stopped, all are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from diagnostics.subjects.run_history import RunEvent
from tuner.search.driver import Start
from tuner.search.forecast import confirm_reserve
from tuner.search.pruner import FairPruner, PruneAdvice
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked, StoredTrial
from tuner.search.session import Session
from tuner.study_view import Phase
from tuner.trial import EpochReport, Scores, TrialState
from tuner.values import to_plain

if TYPE_CHECKING:
    from tuner.search.optuna_bridge import OptunaBridge

__all__ = ["SearchSource", "reconcile"]


class SearchSource:
    """Hands out the trials of a study: first those left unfinished, then new ones.

    Args:
        session: The work on the study.
        bridge: Where trials are kept and asked for.
        left_running: Trials that an earlier session left unfinished.
    """

    phase: Phase = "search"

    def __init__(
        self, session: Session, bridge: OptunaBridge, left_running: list[RunRecord]
    ) -> None:
        self._session = session
        self._bridge = bridge
        self._left_running = left_running
        self._pruner = FairPruner()
        self._pruner_fits = False

    def next_start(self) -> Start | None:
        """Return a trial to be taken up again, else a new one; None when all were begun."""
        session = self._session
        begun = len(session.ledger.searched) - len(self._left_running)
        if begun >= session.spec.options.trials:
            return None
        if self._left_running:
            run = self._left_running.pop(0)
            self._bridge.attach(run.number)
            return Start(run=run, resume=True)
        asked = self._bridge.ask()
        if asked is None:
            session.warnings.append("Every setting of the space was tried; there is none left.")
            return None
        return Start(run=self._record(asked))

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Store the epoch's score where a dashboard finds it."""
        self._bridge.report(run.number, report.epoch, report.scores.f1)

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return why the trial is stopped, or why it would have been and is let run."""
        options = self._session.spec.options
        if not options.prune or run.number == 0:  # trial 0 is what the winner is compared with
            return None
        others = [curve for curve in self._session.ledger.curves() if curve.key != run.key]
        advice = self._fitting_pruner().advise(run.curve(), others)
        if advice is None:
            return None
        if not self._pruner.lets_run(run.number, options.seed):
            return _event("pruned", advice.reason, run, advice)
        if any(event.kind == "let-run" for event in run.events):
            return None
        return _event("let-run", f"let run to measure the pruner: {advice.reason}", run, advice)

    def ended(self, run: RunRecord) -> None:
        """Tell the storage how a trial ended."""
        self._bridge.tell(run)

    def time_is_up(self) -> bool:
        """Whether only the time set aside for the confirmation is left."""
        left = self._session.time_left()
        if left is None:
            return False
        return left <= confirm_reserve(self._session.ledger, self._session.spec)

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


def reconcile(
    session: Session, bridge: OptunaBridge, note: Callable[[str], None]
) -> list[RunRecord]:
    """Bring the run directories and the storage to the same state after any crash.

    A result on disk that the storage does not know is told; a trial that only its folder knows is
    entered; a finished trial whose folder is gone is taken from the storage.

    Args:
        session: The work on the study.
        bridge: The storage.
        note: Told about everything that had to be mended.

    Returns:
        The trials that are to be taken up again, by number.
    """
    stored = len(bridge.trials())
    for run in session.ledger.searched:
        if run.number >= stored:
            bridge.restore(run)
            note(f"Trial {run.number} was missing in the storage and was entered again.")
    left_running = []
    for trial in bridge.trials():
        run = _known_run(session, trial)
        if trial.state is TrialState.RUNNING and run.ended:
            bridge.tell(run)
        elif trial.state is TrialState.RUNNING:
            cut_off = replace(run, state=TrialState.INTERRUPTED)
            left_running.append(session.ledger.put(cut_off))
        elif not run.ended:
            session.ledger.put(_from_storage(run, trial))
            note(f"Trial {run.number} has no result in its folder; the storage's one counts.")
    return left_running


def _known_run(session: Session, trial: StoredTrial) -> RunRecord:
    key = search_key(trial.number)
    if key in session.ledger:
        return session.ledger[key]
    return RunRecord(
        key=key,
        number=trial.number,
        spec=trial.spec,
        role="search",
        origin=trial.origin,
        directory=session.folder.trial_directory(key),
    )


def _from_storage(run: RunRecord, trial: StoredTrial) -> RunRecord:
    """Return a training as far as the storage remembers it: its end and its best epoch."""
    reason = str(trial.facts.get("tuner:reason", ""))
    ended = replace(run, state=trial.state, reason=reason)
    if run.reports or trial.value is None:
        return ended
    unknown = float("nan")
    best = EpochReport(
        epoch=int(trial.facts.get("tuner:best_epoch") or trial.spec.epochs),
        epochs=trial.spec.epochs,
        step=0,
        train_loss=unknown,
        scores=Scores(
            loss=None, precision=unknown, recall=unknown, f1=trial.value, accuracy=unknown
        ),
    )
    return replace(ended, reports=(best,))


def _event(kind: str, message: str, run: RunRecord, advice: PruneAdvice) -> RunEvent:
    step = run.reports[-1].step if run.reports else None
    details = to_plain(advice)
    return RunEvent(kind=kind, message=message, epoch=float(run.epoch), step=step, details=details)
