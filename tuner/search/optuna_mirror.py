"""The trials of a shared study in Optuna's tables: for dashboards, and for their numbers.

The log of the study decides who runs what and what counts. Optuna's tables follow it: a trial gets
its number there, its settings once the log accepted them, a score per epoch, and its end. What a
crash left behind is brought up to date by whoever comes next, so every method may be repeated.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage, get_storage
from optuna.study import StudyDirection
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from tuner.errors import StudyError
from tuner.search.optuna_attributes import BEGUN, ENDED, facts_at_end
from tuner.search.optuna_shown import MEMORY_CONSTRAINT
from tuner.search.run_record import RunRecord
from tuner.trial import TrialState

__all__ = ["OptunaMirror", "is_away", "open_database"]

FOREIGN = "tuner:study_id"

"""The two attributes of a trial: each is a transaction of its own, five statements long."""


class OptunaMirror:
    """Keeps Optuna's view of a shared study.

    Args:
        storage: Optuna's storage.
        name: Name of the study.
    """

    def __init__(self, storage: BaseStorage, name: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._database = storage  # asked for some of the trials, it does not remember the others
        self._storage = get_storage(storage)
        self._trials: dict[int, int] = {}
        with contextlib.suppress(optuna.exceptions.DuplicatedStudyError):
            self._storage.create_new_study([StudyDirection.MAXIMIZE], name)
        self.study = self._storage.get_study_id_from_name(name)

    def refuse_foreign(self, name: str, place: str) -> None:
        """Refuse a study that was not made by processes that share it.

        Raises:
            StudyError: Somebody else keeps trials under the same name.
        """
        known = self._storage.get_study_user_attrs(self.study)
        if FOREIGN in known or self._storage.get_all_trials(self.study, deepcopy=False):
            raise StudyError(
                f"The storage `{place}` holds another study named `{name}`.",
                "Choose another name with --study, or another storage.",
            )

    def reserve(self) -> int:
        """Enter a trial without settings; return its number, which no other process gets."""
        template = create_trial(state=OptunaState.RUNNING)
        template.datetime_start = dt.datetime.now()  # noqa: DTZ005 - as Optuna stores it
        trial = self._storage.create_new_trial(self.study, template)
        number = self._storage.get_trial_number_from_id(trial)
        self._trials[number] = trial
        return number

    def set_aside(self, number: int) -> None:
        """Show a trial that was entered in excess as waiting; a larger study begins it."""
        with contextlib.suppress(UpdateFinishedTrialError):
            self._storage.set_trial_state_values(self._trial(number), OptunaState.WAITING)

    def settle(
        self,
        number: int,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        facts: Mapping[str, Any],
    ) -> None:
        """Enter what a trial tries.

        Args:
            number: Number of the trial.
            params: The searched settings in Optuna's terms.
            distributions: Their ranges.
            facts: What else is known of it, JSON-serialisable.
        """
        was_reserved_here = number in self._trials
        trial = self._trial(number)
        with contextlib.suppress(UpdateFinishedTrialError):
            if not was_reserved_here:
                self._storage.set_trial_state_values(trial, OptunaState.RUNNING)
            for name, distribution in distributions.items():
                value = distribution.to_internal_repr(params[name])
                self._storage.set_trial_param(trial, name, value, distribution)
            self._storage.set_trial_user_attr(trial, BEGUN, dict(facts))

    def report(self, number: int, epoch: int, score: float) -> None:
        """Enter the score of an epoch, so that a dashboard draws the curve."""
        if math.isfinite(score):
            with contextlib.suppress(UpdateFinishedTrialError):
                self._storage.set_trial_intermediate_value(self._trial(number), epoch, score)

    def finish(self, run: RunRecord) -> None:
        """Enter how a trial ended; the first time counts.

        Finished and pruned trials are `COMPLETE` with the best score of any epoch; `tuner:ended`
        tells them apart. Trials without a score, and failed ones, are `FAIL`.
        """
        trial = self._trial(run.number)
        scored = run.state in (TrialState.FINISHED, TrialState.PRUNED) and run.score is not None
        state = OptunaState.COMPLETE if scored else OptunaState.FAIL
        with contextlib.suppress(UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(trial, ENDED, facts_at_end(run))
            if run.state is TrialState.INFEASIBLE:
                self._violate(trial)
            self._storage.set_trial_state_values(
                trial, state, [run.score] if scored and run.score is not None else None
            )

    def unfinished(self) -> frozenset[int]:
        """Return the numbers of the trials that Optuna takes for running."""
        states = (OptunaState.RUNNING,)
        trials = self._database.get_all_trials(self.study, deepcopy=False, states=states)
        return frozenset(trial.number for trial in trials)

    def close(self) -> None:
        """Let go of the storage."""
        self._storage.remove_session()

    def _violate(self, trial: int) -> None:
        from optuna.trial import Trial

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study = optuna.load_study(
                study_name=self._storage.get_study_name_from_id(self.study), storage=self._storage
            )
            Trial(study, trial).set_constraint(MEMORY_CONSTRAINT, 1.0)

    def _trial(self, number: int) -> int:
        if number not in self._trials:
            self._trials[number] = self._storage.get_trial_id_from_study_id_trial_number(
                self.study, number
            )
            self._storage.get_all_trials(self.study, deepcopy=False)  # its cache must know it
        return self._trials[number]


def open_database(url: str, options: Mapping[str, Any]) -> RDBStorage:
    """Open Optuna's tables in a database, making them where they are missing.

    Args:
        url: The database with its driver, password included.
        options: Arguments for SQLAlchemy's `create_engine`.
    """
    template = url.replace("{", "{{").replace("}", "}}")  # Optuna formats it
    return RDBStorage(template, engine_kwargs=dict(options))


def is_away(error: Exception) -> bool:
    """Whether an error says that the database cannot be reached just now."""
    from sqlalchemy import exc

    if type(error).__module__.startswith("grpc"):
        return True
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, exc.DBAPIError) and cause.connection_invalidated:
        return True
    # Optuna asks a second time in the transaction whose connection was lost: the last of these.
    gone = exc.OperationalError | exc.InterfaceError | exc.TimeoutError | exc.PendingRollbackError
    return isinstance(cause, gone)
