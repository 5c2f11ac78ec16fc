"""The trials of a study in Optuna's storage.

The storage is for people and for crashes: `optuna-dashboard` opens it, and a killed study finds its
trials there.

A trial enters the storage together with all its hyperparameters in one transaction. There is no
moment at which a crash could leave half a trial behind.

What that costs, per trial: a transaction when it is asked for, one per epoch, and two when it is
told, each of which waits for the disk. Plain Optuna's ask and tell takes one more for each searched
hyperparameter. What the storage holds is read once: one process works on a study, so it knows the
rest.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Iterator

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import get_storage
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.errors import StudyError
from tuner.search.heartbeat import Heartbeat
from tuner.search.optuna_attributes import (
    BEGUN,
    ENDED,
    facts_at_begin,
    facts_at_end,
    stored_trial,
)
from tuner.search.optuna_importance import importances_of
from tuner.search.optuna_known import KnownTrials
from tuner.search.optuna_opening import HEARTBEAT_SECONDS, claim, guarded, open_storage
from tuner.search.optuna_sampling import SettingsSampler
from tuner.search.optuna_shown import MEMORY_CONSTRAINT
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked, StoredTrial
from tuner.study import StudySpec
from tuner.trial import TrialSpec, TrialState

__all__ = ["OptunaBridge"]


class OptunaBridge:
    """Keeps the trials of one study in an Optuna storage and asks a sampler for new ones.

    Args:
        spec: The study.
        url: Storage URL, such as `sqlite:///study.db`.
        study_id: Identity of the study's folder; a storage that holds another study of the same
            name is refused.

    Raises:
        StudyError: When the storage cannot be opened or belongs to another study.
    """

    def __init__(self, spec: StudySpec, url: str, study_id: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._spec = spec
        self._sampler = SettingsSampler(spec)
        self._trial_ids: dict[int, int] = {}
        self._known: KnownTrials | None = None
        with guarded(url):
            self._storage = open_storage(url)
            self._study = optuna.create_study(
                study_name=spec.name,
                storage=self._storage,
                direction="maximize",
                sampler=RandomSampler(seed=0),
                load_if_exists=True,
            )
            self._storage_id = self._storage.get_study_id_from_name(spec.name)
            claim(self._study, study_id, url)
        self._heartbeat = Heartbeat(self._beat, HEARTBEAT_SECONDS / 2)

    def close(self) -> None:
        """Stop the heartbeat and let go of the storage."""
        self._heartbeat.stop()
        self._storage.remove_session()
        self._storage.engine.dispose()

    def trials(self) -> tuple[StoredTrial, ...]:
        """Return all trials of the study, by number, as the storage holds them now."""
        return tuple(stored_trial(trial) for trial in self._frozen())

    def ask(self) -> Asked | None:
        """Enter a new trial, or return None when every setting of a finite space was tried."""
        known, first = self._knowledge(), self._spec.first_points
        if len(known) < len(first):
            asked = first[len(known)]
            origin = "known good" if len(known) else "recipe"
        else:
            suggested = self._sampler.suggest(known.trials, tried=known.tried)
            if suggested is None:
                return None
            asked, origin = suggested, "sampler"
        number = self._enter(asked, origin)
        self._heartbeat.watch(number, at_once=False)
        return Asked(number=number, spec=asked, origin=origin)

    def attach(self, number: int) -> None:
        """Take up a trial that an earlier session left running."""
        self._heartbeat.watch(number)

    def restore(self, run: RunRecord) -> None:
        """Enter a trial that its folder knows and the storage does not.

        Raises:
            StudyError: When the storage's next number is another one.
        """
        known = len(self._knowledge())
        if known != run.number:
            raise StudyError(
                f"The storage of the study lacks trial {known}, which has no folder either.",
                "Start a new study with --new.",
            )
        self._enter(run.spec, run.origin)

    def report(self, number: int, epoch: int, score: float) -> None:
        """Store the score of an epoch, so that a dashboard draws the curve."""
        if math.isfinite(score):
            with guarded(self._spec.name):
                self._storage.set_trial_intermediate_value(self._trial_id(number), epoch, score)

    def tell(self, run: RunRecord) -> None:
        """Store how a trial ended. Telling it twice changes nothing.

        Finished and pruned trials are `COMPLETE` with the best score of any epoch; `tuner:ended`
        tells them apart. Trials without a score, and failed ones, are `FAIL`.
        """
        self._heartbeat.forget(run.number)
        value = run.score if run.state in (TrialState.FINISHED, TrialState.PRUNED) else None
        with guarded(self._spec.name), self._unless_ended():
            trial_id = self._trial_id(run.number)
            self._storage.set_trial_user_attr(trial_id, ENDED, facts_at_end(run))
            if run.state is TrialState.INFEASIBLE:
                trial = optuna.trial.Trial(self._study, trial_id)
                trial.set_constraint(MEMORY_CONSTRAINT, 1.0)
            state = OptunaState.FAIL if value is None else OptunaState.COMPLETE
            values = None if value is None else [value]
            self._storage.set_trial_state_values(trial_id, state, values)
            self._knowledge().end(run.number, run.state, value, run.curve())
            self._trial_ids.pop(run.number, None)

    def importances(self) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score."""
        return importances_of(self._knowledge().trials, len(self._sampler.distributions))

    @contextlib.contextmanager
    def _unless_ended(self) -> Iterator[None]:
        """Leave a trial alone that was told before, or that somebody else ended."""
        try:
            yield
        except UpdateFinishedTrialError:
            self._known = None  # all are read again

    def _enter(self, spec: TrialSpec, origin: str) -> int:
        params = self._sampler.params(spec)
        trial = create_trial(
            state=OptunaState.RUNNING,
            params=params,
            distributions=self._sampler.distributions,
            user_attrs={BEGUN: facts_at_begin(spec, origin)},
        )
        trial.datetime_start = dt.datetime.now()  # noqa: DTZ005 - as Optuna stores it
        known = self._knowledge()
        with guarded(self._spec.name):
            trial_id, number = self._create(trial, expected=len(known))
        self._trial_ids[number] = trial_id
        if number == len(known):
            known.begin(params)
        else:
            self._known = None  # somebody added trials: all are read again
        return number

    def _create(self, trial: FrozenTrial, *, expected: int) -> tuple[int, int]:
        """Enter a trial; return the storage's number for it and its number in the study."""
        remembering = get_storage(self._storage)  # knows what it made without asking again
        trial_id = remembering.create_new_trial(self._storage_id, trial)
        with contextlib.suppress(KeyError):
            find = remembering.get_trial_id_from_study_id_trial_number
            if find(self._storage_id, expected) == trial_id:
                return trial_id, expected
        return trial_id, self._storage.get_trial_number_from_id(trial_id)

    def _knowledge(self) -> KnownTrials:
        if self._known is None:
            self._known = KnownTrials(self._frozen(), self._sampler.distributions)
        return self._known

    def _frozen(self) -> list[FrozenTrial]:
        with guarded(self._spec.name):
            trials = self._storage.get_all_trials(self._storage_id, deepcopy=False)
        return sorted(trials, key=lambda trial: trial.number)

    def _trial_id(self, number: int) -> int:
        if number not in self._trial_ids:
            self._trial_ids[number] = self._storage.get_trial_id_from_study_id_trial_number(
                self._storage_id, number
            )
        return self._trial_ids[number]

    def _beat(self, number: int) -> None:
        with contextlib.suppress(optuna.exceptions.StorageInternalError, KeyError):
            self._storage.record_heartbeat(self._trial_id(number))
