"""The search itself: trials come from the sampler, those cut off are taken up, all are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tuner.search.driver import Start
from tuner.search.early_end import EarlyEnd
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import StoredTrial
from tuner.search.search_policy import SearchPolicy
from tuner.search.session import Session
from tuner.trial import EpochReport, Scores, TrialState

if TYPE_CHECKING:
    from tuner.search.optuna_bridge import OptunaBridge

__all__ = ["SearchSource", "reconcile"]


class SearchSource(SearchPolicy):
    """Hands out the trials of a study: first those left unfinished, then new ones.

    Args:
        session: The work on the study.
        bridge: Where trials are kept and asked for.
        left_running: Trials that an earlier session left unfinished.
    """

    def __init__(
        self, session: Session, bridge: OptunaBridge, left_running: list[RunRecord]
    ) -> None:
        super().__init__(session, bridge)
        self._bridge = bridge
        self._left_running = left_running
        self._early_end = EarlyEnd(session)

    def next_start(self) -> Start | None:
        """Return a trial to be taken up again, else a new one; None when all were begun."""
        session = self._session
        begun = session.ledger.begun - len(self._left_running)
        if begun >= session.spec.options.trials:
            return None
        if self._left_running:
            run = self._left_running.pop(0)
            self._bridge.attach(run.number)
            return Start(run=run, resume=True)
        if self._early_end.is_reached:
            return None
        asked = self._bridge.ask()
        if asked is None:
            session.warnings.append("Every setting of the space was tried; there is none left.")
            return None
        return Start(run=self._record(asked))

    def ended(self, run: RunRecord) -> None:
        """Tell the storage how a trial ended."""
        self._bridge.tell(run)


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
    reason = str(trial.facts.get("reason", ""))
    ended = replace(run, state=trial.state, reason=reason)
    if run.reports or trial.value is None:
        return ended
    unknown = float("nan")
    best = EpochReport(
        epoch=int(trial.facts.get("best_epoch") or trial.spec.epochs),
        epochs=trial.spec.epochs,
        step=0,
        train_loss=unknown,
        scores=Scores(
            loss=None, precision=unknown, recall=unknown, f1=trial.value, accuracy=unknown
        ),
    )
    return replace(ended, reports=(best,))
