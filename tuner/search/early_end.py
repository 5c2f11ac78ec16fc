"""Whether the search ends before its budget, because nothing is left to gain that could be told.

The decision is taken when a new trial is about to be asked for, from the trials that have ended,
and is written to `early_end.json`. A study that is taken up again finds it there: with several
trainings at once, those that ran when it was taken end later and would change what it rested on,
and what fits into a time budget depends on the clock. It holds for the budget that it was taken
under; whoever asks for more trials or more time gets them, as far as they are expected to pay.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.search.documents import read_json, write_json
from tuner.search.expected_gain import Outlook, outlook, rerun_noise
from tuner.search.forecast import confirm_reserve
from tuner.search.ledger import Ledger
from tuner.search.session import Session
from tuner.study import StudySpec
from tuner.trial import TrialState
from tuner.values import from_plain

__all__ = ["EarlyEnd", "early_end_sentence", "search_outlook"]

FILE = "early_end.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedEarly:
    """The decision to end a search.

    Attributes:
        outlook: What it rests on.
        ended: Trials that had ended.
        trials: Trials that the study was given then.
        time_budget: Seconds that it was given then, or None.
    """

    outlook: Outlook
    ended: int
    trials: int
    time_budget: float | None


class EarlyEnd:
    """Decides whether a search ends early, and remembers it.

    Args:
        session: The work on the study.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._decided: EndedEarly | None = None
        self._is_read = False
        self._judged_at = -1

    @property
    def is_reached(self) -> bool:
        """Whether no further trial shall be begun; decides it anew after each trial that ended."""
        session = self._session
        if not session.spec.options.stop_when_flat:
            return False
        if not self._is_read:
            self._is_read = True
            self._decide(_remembered(session.folder.path, session.spec))
        if self._decided is None and session.ledger.ended != self._judged_at:
            self._judged_at = session.ledger.ended
            self._judge()
        return self._decided is not None

    def _judge(self) -> None:
        session, options = self._session, self._session.spec.options
        found = search_outlook(
            session.ledger, session.spec, session.time_left(), session.engine.slots
        )
        if found is None or not found.is_flat or found.trials_left < 1:
            return
        decided = EndedEarly(
            outlook=found,
            ended=session.ledger.ended,
            trials=options.trials,
            time_budget=options.time_budget,
        )
        write_json(session.folder.path / FILE, decided)
        self._decide(decided)

    def _decide(self, decided: EndedEarly | None) -> None:
        self._decided = decided
        if decided is not None:
            self._session.warnings.append(early_end_sentence(decided))


def early_end_sentence(decided: EndedEarly) -> str:
    """Say why a search ended before its budget, with the figures."""
    found = decided.outlook
    return (
        f"The search ended early, after {decided.ended} of {decided.trials} trials: "
        f"{found.trials_left} more were expected to gain {found.gain:.4f} F1 over the best, less "
        f"than the {found.noise:.4f} by which the same settings differ when they are trained again."
    )


def search_outlook(
    ledger: Ledger, spec: StudySpec, time_left: float | None, slots: int = 1
) -> Outlook | None:
    """Expect what the trials left of a study gain; see `tuner.search.expected_gain`.

    Args:
        ledger: All trainings so far.
        spec: The study.
        time_left: Seconds left of the time budget, or None without one.
        slots: Trainings at once.

    Returns:
        The outlook; None with too few scores, or before the development split is known.
    """
    scored = [
        run
        for run in ledger.searched
        if run.state in (TrialState.FINISHED, TrialState.PRUNED) and run.score is not None
    ]
    entities = ledger.development_entities()
    if not scored or not entities:
        return None
    left = spec.options.trials - len(ledger.searched)
    if time_left is not None:
        usual = statistics.mean(run.seconds for run in scored)
        room = max(time_left - confirm_reserve(ledger, spec, slots), 0.0)
        left = min(left, int(slots * room / usual) if usual > 0 else left)
    tried = [(run.spec, run.score) for run in scored if run.score is not None]
    best = max(score for _, score in tried)
    return outlook(
        spec.space,
        tried,
        trials_left=left,
        noise=rerun_noise(best, entities),
        sampler=spec.options.sampler,
        seed=spec.options.seed,
    )


def _remembered(folder: Path, spec: StudySpec) -> EndedEarly | None:
    """Return the decision of an earlier session, when it was taken under the same budget."""
    try:
        data: Any = read_json(folder / FILE)
        decided = None if data is None else from_plain(EndedEarly, data)
    except (StudyError, TypeError, ValueError, KeyError, AttributeError):
        return None
    options = spec.options
    if decided is None or decided.trials != options.trials:
        return None
    return decided if decided.time_budget == options.time_budget else None
