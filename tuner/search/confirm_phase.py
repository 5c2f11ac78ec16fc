"""After the search: the contenders are trained with further seeds, and lost weights made anew."""

from __future__ import annotations

from dataclasses import replace

from diagnostics.subjects.run_history import RunEvent
from tuner.search.contenders import confirm_plan
from tuner.search.driver import Start
from tuner.search.forecast import expected_seconds
from tuner.search.run_record import RunRecord, confirm_key
from tuner.search.session import Session
from tuner.study_view import Phase
from tuner.trial import EpochReport, TrialSpec
from tuner.trunk import branch_spec

__all__ = ["ConfirmSource", "RemakeSource"]


class ConfirmSource:
    """Hands out the re-runs of the contenders and of the recipe, the most useful first.

    Args:
        session: The work on the study.
    """

    phase: Phase = "confirm"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._started: set[tuple[int, int]] = set()

    def next_start(self) -> Start | None:
        """Return the next re-run that fits into the time left; None when there is none."""
        session = self._session
        plan = confirm_plan(
            session.ledger.finished(),
            session.spec.options.contenders,
            session.spec.options.confirm,
            session.spec.recipe.seed,
            attempted=session.ledger.attempted() | self._started,
        )
        if not plan:
            return None
        number, seed = plan[0]
        trial = session.ledger.trial(number)
        if self._takes_too_long(trial):
            return None  # the summary counts those that found no room, once all have ended
        return self._start(trial, seed)

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Take note of an epoch: nothing to do."""

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return None: a contender's re-run goes through its whole plan."""

    def ended(self, run: RunRecord) -> None:
        """Take note of the end of a re-run: nothing to do."""

    def time_is_up(self) -> bool:
        """Whether the time budget is used up."""
        left = self._session.time_left()
        return left is not None and left <= 0

    def _start(self, trial: RunRecord, seed: int) -> Start:
        self._started.add((trial.number, seed))
        key = confirm_key(trial.number, seed)
        known = self._session.ledger.get(key)
        if known is not None:
            return Start(run=known, resume=True)
        run = RunRecord(
            key=key,
            number=trial.number,
            spec=replace(_spec_again(trial), seed=seed),
            role="confirm",
            origin="confirm",
            directory=self._session.folder.confirm_directory(key),
        )
        return Start(run=run)

    def _takes_too_long(self, trial: RunRecord) -> bool:
        left = self._session.time_left()
        if left is None:
            return False
        leading = self._session.ledger.leading()
        has_model = leading is None or (leading.directory / "best").is_dir()
        remake = 0.0 if has_model or leading is None else expected_seconds(leading)
        return expected_seconds(trial) > left - remake


class RemakeSource:
    """Hands out one training once more, because its weights are no longer on disk.

    It is not bound by the time budget: without it the study would end without a model.

    Args:
        session: The work on the study.
        run: The training whose model is wanted.
    """

    phase: Phase = "finish"

    def __init__(self, session: Session, run: RunRecord) -> None:
        key = f"{run.key}-again"
        earlier = session.ledger.get(key)
        self._resume = earlier is not None and not earlier.ended
        self.run = replace(
            run,
            key=key,
            spec=_spec_again(run),
            role="again",
            origin="confirm",
            directory=session.folder.confirm_directory(key),
            events=(),
        )
        self._started = False

    def next_start(self) -> Start | None:
        """Return the training, once."""
        if self._started:
            return None
        self._started = True
        return Start(run=self.run, resume=self._resume)

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Take note of an epoch: nothing to do."""

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return None: the training goes through its whole plan."""

    def ended(self, run: RunRecord) -> None:
        """Take note of the end: nothing to do."""

    def time_is_up(self) -> bool:
        """Return False."""
        return False


def _spec_again(run: RunRecord) -> TrialSpec:
    """Return what trains a training again; of a trunk, its best branch and nothing else."""
    return run.spec if run.best is None else branch_spec(run.spec, run.best.epoch)
