"""The trials of a study in Optuna's storage.

The storage is for people and for crashes: `optuna-dashboard` opens it, and a killed study finds its
trials there.

A trial enters the storage together with all its hyperparameters in one transaction. There is no
moment at which a crash could leave half a trial behind.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.errors import StudyError
from tuner.search.heartbeat import Heartbeat
from tuner.search.optuna_importance import importances_of
from tuner.search.optuna_sampling import MEMORY_CONSTRAINT, STATE, SettingsSampler
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked, StoredTrial
from tuner.study import StudySpec
from tuner.trial import TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = ["OptunaBridge"]

HEARTBEAT_SECONDS = 60
LOCK_SECONDS = 60
SPEC, ORIGIN, IDENTITY = "tuner:spec", "tuner:origin", "tuner:study_id"

RESULT = "tuner:result"
"""How a trial ended, in one attribute: each costs a transaction, and a disk that has to write."""


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
        with _guard(url):
            self._storage = _open(url)
            self._study = optuna.create_study(
                study_name=spec.name,
                storage=self._storage,
                direction="maximize",
                sampler=RandomSampler(seed=0),
                load_if_exists=True,
            )
            self._storage_id = self._storage.get_study_id_from_name(spec.name)
            self._claim(study_id, url)
        self._heartbeat = Heartbeat(self._beat, HEARTBEAT_SECONDS / 2)

    def close(self) -> None:
        """Stop the heartbeat and let go of the storage."""
        self._heartbeat.stop()
        self._storage.remove_session()
        self._storage.engine.dispose()

    def trials(self) -> tuple[StoredTrial, ...]:
        """Return all trials of the study, by number."""
        return tuple(self._stored(trial) for trial in self._frozen())

    def ask(self) -> Asked | None:
        """Enter a new trial, or return None when every setting of a finite space was tried."""
        trials = self._frozen()
        first = self._spec.first_points
        if len(trials) < len(first):
            asked = first[len(trials)]
            origin = "known good" if trials else "recipe"
        else:
            suggested = self._sampler.suggest(trials)
            if suggested is None:
                return None
            asked, origin = suggested, "sampler"
        number = self._enter(asked, origin)
        self._heartbeat.watch(number)
        return Asked(number=number, spec=asked, origin=origin)

    def attach(self, number: int) -> None:
        """Take up a trial that an earlier session left running."""
        self._heartbeat.watch(number)

    def restore(self, run: RunRecord) -> None:
        """Enter a trial that its folder knows and the storage does not.

        Raises:
            StudyError: When the storage's next number is another one.
        """
        known = len(self._frozen())
        if known != run.number:
            raise StudyError(
                f"The storage of the study lacks trial {known}, which has no folder either.",
                "Start a new study with --new.",
            )
        self._enter(run.spec, run.origin)

    def report(self, number: int, epoch: int, score: float) -> None:
        """Store the score of an epoch, so that a dashboard draws the curve."""
        if math.isfinite(score):
            with _guard(self._spec.name):
                self._storage.set_trial_intermediate_value(self._trial_id(number), epoch, score)

    def tell(self, run: RunRecord) -> None:
        """Store how a trial ended. Telling it twice changes nothing.

        Finished and pruned trials are `COMPLETE` with the best score of any epoch; `tuner:state`
        tells them apart. Trials without a score, and failed ones, are `FAIL`.
        """
        self._heartbeat.forget(run.number)
        with _guard(self._spec.name):
            trial_id = self._trial_id(run.number)
            with contextlib.suppress(UpdateFinishedTrialError):
                for name, value in _facts(run).items():
                    self._storage.set_trial_user_attr(trial_id, name, value)
                if run.state is TrialState.INFEASIBLE:
                    trial = optuna.trial.Trial(self._study, trial_id)
                    trial.set_constraint(MEMORY_CONSTRAINT, 1.0)
                value = run.score if run.state in (TrialState.FINISHED, TrialState.PRUNED) else None
                state = OptunaState.FAIL if value is None else OptunaState.COMPLETE
                values = None if value is None else [value]
                self._storage.set_trial_state_values(trial_id, state, values)

    def importances(self) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score."""
        return importances_of(self._frozen(), len(self._sampler.distributions))

    def _claim(self, study_id: str, url: str) -> None:
        owner = self._study.user_attrs.get(IDENTITY)
        if owner is None and not self._study.get_trials(deepcopy=False):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._study.set_metric_names(["development F1"])
            self._study.set_user_attr(IDENTITY, study_id)
        elif owner != study_id:
            raise StudyError(
                f"The storage `{url}` holds another study named `{self._spec.name}`.",
                "Choose another name with --study, or another storage.",
            )

    def _enter(self, spec: TrialSpec, origin: str) -> int:
        attributes = {
            STATE: TrialState.RUNNING.value,
            ORIGIN: origin,
            SPEC: json.dumps(to_plain(spec)),
        }
        trial = create_trial(
            state=OptunaState.RUNNING,
            params=self._sampler.params(spec),
            distributions=self._sampler.distributions,
            user_attrs=attributes,
        )
        trial.datetime_start = dt.datetime.now()  # noqa: DTZ005 - as Optuna stores it
        with _guard(self._spec.name):
            trial_id = self._storage.create_new_trial(self._storage_id, trial)
            number = self._storage.get_trial_number_from_id(trial_id)
            self._trial_ids[number] = trial_id
            return number

    def _frozen(self) -> list[FrozenTrial]:
        with _guard(self._spec.name):
            return self._study.get_trials(deepcopy=False)

    def _stored(self, trial: FrozenTrial) -> StoredTrial:
        attributes = trial.user_attrs
        try:
            return StoredTrial(
                number=trial.number,
                spec=from_plain(TrialSpec, json.loads(attributes[SPEC])),
                origin=attributes[ORIGIN],
                state=_state(trial),
                value=trial.value if trial.state is OptunaState.COMPLETE else None,
                facts={**attributes, **_result(attributes)},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StudyError(
                f"Trial {trial.number} in the storage was not written by tuner: {error!r}.",
                "Start a new study with --new, and leave adding trials to tuner.",
            ) from error

    def _trial_id(self, number: int) -> int:
        if number not in self._trial_ids:
            self._trial_ids[number] = self._storage.get_trial_id_from_study_id_trial_number(
                self._storage_id, number
            )
        return self._trial_ids[number]

    def _beat(self, number: int) -> None:
        with contextlib.suppress(optuna.exceptions.StorageInternalError):
            self._storage.record_heartbeat(self._trial_id(number))


def _open(url: str) -> RDBStorage:
    patience = {"connect_args": {"timeout": LOCK_SECONDS}} if url.startswith("sqlite") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RDBStorage(url, engine_kwargs=patience, heartbeat_interval=HEARTBEAT_SECONDS)


@contextlib.contextmanager
def _guard(place: str) -> Iterator[None]:
    """Turn storage errors into a `StudyError` with a way out."""
    import sqlalchemy.exc

    try:
        yield
    except (
        optuna.exceptions.StorageInternalError,
        sqlalchemy.exc.SQLAlchemyError,
        ImportError,
    ) as error:
        cause = str(error.__cause__ or error).splitlines()[0]
        raise StudyError(
            f"The storage of the study cannot be used ({place}): {cause}.",
            "Is the disk full, the folder read-only, or the URL wrong? Nothing finished is lost: "
            "run the same command again.",
        ) from error


def _state(trial: FrozenTrial) -> TrialState:
    """Return our own state of a trial; what somebody else ended has failed."""
    if not trial.state.is_finished():
        return TrialState.RUNNING
    state = TrialState(trial.user_attrs[STATE])
    return TrialState.FAILED if state is TrialState.RUNNING else state


def _result(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a trial ended under the names that each fact had as an attribute of its own."""
    return {f"tuner:{name}": value for name, value in attributes.get(RESULT, {}).items()}


def _facts(run: RunRecord) -> dict[str, Any]:
    result = {
        "best_epoch": None if run.best is None else run.best.epoch,
        "epochs": run.epoch,
        "reason": run.reason,
    }
    return {STATE: run.state.value, RESULT: result}
