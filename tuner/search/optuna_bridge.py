"""The only module that knows Optuna: trials in its storage, suggestions from its samplers.

The storage is for people and for crashes: `optuna-dashboard` opens it, and a killed study finds its
trials there. Suggestions come from a sampler that is made anew for every trial, seeded with the
study's seed and the trial's number, and shown all trials so far through a study in memory. So the
suggestion depends on nothing but the trials before it: an interrupted study gets the same ones.

What the sampler is shown differs from what happened in three ways, each on purpose:

- Pruned trials count as complete with their best score so far. Told as `PRUNED`, a Gaussian process
  would not see them at all and search at random.
- Failed trials count as complete with the lowest score of any, so that their region is avoided.
- Trials that do not fit into memory violate a constraint; their score is a neutral one, so that
  feasible neighbours are not blamed.

A trial enters the storage together with all its hyperparameters in one transaction. There is no
moment at which a crash could leave half a trial behind.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import itertools
import json
import math
import statistics
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.errors import StudyError
from tuner.search.heartbeat import Heartbeat
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked, StoredTrial
from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, UniformRange, WholeRange
from tuner.study import StudySpec
from tuner.trial import TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = ["OptunaBridge"]

STARTUP_TRIALS = 4
"""Trials before the model of the sampler decides. With Optuna's default of 10, a search of 10 to 20
trials is mostly random; 4 cut the regret of the Gaussian process to a third on learning curves of
neural networks."""

GAUSSIAN_PROCESS_LIMIT = 100
"""Trials from which the Gaussian process, whose cost grows with their cube, gives way to TPE."""

LEAST_FOR_IMPORTANCE = 8
HEARTBEAT_SECONDS = 60
LOCK_SECONDS = 60
DUPLICATE_RETRIES = 16
MEMORY_CONSTRAINT = "memory"
STATE, SPEC, ORIGIN, IDENTITY = "tuner:state", "tuner:spec", "tuner:origin", "tuner:study_id"


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
        self._distributions = dict(_distribution(*item) for item in spec.space.parameters.items())
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
            params = self._suggest(trials)
            if params is None:
                return None
            asked, origin = self._spec.with_searched(self._from_optuna(params)), "sampler"
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
            if self._study.get_trials(deepcopy=False)[run.number].state.is_finished():
                return
            trial_id = self._trial_id(run.number)
            for name, value in _facts(run).items():
                self._storage.set_trial_user_attr(trial_id, name, value)
            feasible = run.state is not TrialState.INFEASIBLE
            trial = optuna.trial.Trial(self._study, trial_id)
            if MEMORY_CONSTRAINT not in trial.constraints:
                trial.set_constraint(MEMORY_CONSTRAINT, -1.0 if feasible else 1.0)
            value = run.score if run.state in (TrialState.FINISHED, TrialState.PRUNED) else None
            state = OptunaState.FAIL if value is None else OptunaState.COMPLETE
            self._study.tell(run.number, value, state=state, skip_if_finished=True)

    def importances(self) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score (PED-ANOVA).

        Empty with fewer than `LEAST_FOR_IMPORTANCE` trials that finished or were pruned, or fewer
        than two searched hyperparameters, or when all scores are equal.
        """
        trials = [t for t in self._frozen() if t.state is OptunaState.COMPLETE and _feasible(t)]
        values = {trial.value for trial in trials}
        if len(trials) < LEAST_FOR_IMPORTANCE or len(self._distributions) < 2 or len(values) < 2:
            return {}
        study = optuna.create_study(direction="maximize", sampler=RandomSampler(seed=0))
        study.add_trials(trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shares = optuna.importance.get_param_importances(study)
        return {name.removeprefix("log2_"): float(share) for name, share in shares.items()}

    def _suggest(self, trials: Sequence[FrozenTrial]) -> dict[str, Any] | None:
        known = {_key(trial.params) for trial in trials}
        seed = self._spec.options.seed
        shown = _shown_to_sampler(trials)
        params = self._sample(shown, _sampler(self._spec, len(trials), _seed(seed, len(trials))))
        for retry in range(DUPLICATE_RETRIES):
            if _key(params) not in known:
                return params
            params = self._sample([], RandomSampler(seed=_seed(seed, len(trials), retry)))
        return next((p for p in self._grid() if _key(p) not in known), None)

    def _sample(self, trials: Sequence[FrozenTrial], sampler: BaseSampler) -> dict[str, Any]:
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials(trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return study.ask(self._distributions).params

    def _grid(self) -> Iterator[dict[str, Any]]:
        """Yield every setting of a finite space; nothing when the space is continuous."""
        values = [_values(distribution) for distribution in self._distributions.values()]
        if all(values):
            for combination in itertools.product(*values):
                yield dict(zip(self._distributions, combination, strict=True))

    def _to_optuna(self, spec: TrialSpec) -> dict[str, Any]:
        values = self._spec.searched(spec)
        for name in [name for name in values if name not in self._distributions]:
            values[f"log2_{name}"] = int(values[name]).bit_length() - 1
        return {name: values[name] for name in self._distributions}

    def _from_optuna(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: params[name] if name in params else 2 ** params[f"log2_{name}"]
            for name in self._spec.space.parameters
        }

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
            params=self._to_optuna(spec),
            distributions=self._distributions,
            user_attrs=attributes,
        )
        trial.datetime_start = dt.datetime.now()  # noqa: DTZ005 - as Optuna stores it
        with _guard(self._spec.name):
            self._study.add_trial(trial)
            return self._storage.get_n_trials(self._storage_id) - 1

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
                facts=dict(attributes),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StudyError(
                f"Trial {trial.number} in the storage was not written by tuner: {error!r}.",
                "Start a new study with --new, and leave adding trials to tuner.",
            ) from error

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._storage_id, number)

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


def _distribution(name: str, parameter: Parameter) -> tuple[str, BaseDistribution]:
    match parameter:
        case LogRange(low=low, high=high):
            return name, FloatDistribution(low, high, log=True)
        case UniformRange(low=low, high=high):
            return name, FloatDistribution(low, high)
        case WholeRange(low=least, high=most):
            return name, IntDistribution(least, most)
        case PowersOfTwo(low=least, high=most):
            exponents = (least.bit_length() - 1, most.bit_length() - 1)
            return f"log2_{name}", IntDistribution(*exponents)
        case Choice(values=values):
            return name, CategoricalDistribution(values)


def _sampler(spec: StudySpec, trials: int, seed: int) -> BaseSampler:
    kind = spec.options.sampler
    if kind == "random":
        return RandomSampler(seed=seed)
    if kind == "tpe" or trials > GAUSSIAN_PROCESS_LIMIT:
        return TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
    return GPSampler(seed=seed, n_startup_trials=STARTUP_TRIALS, warn_independent_sampling=False)


def _seed(seed: int, number: int, retry: int = -1) -> int:
    digest = hashlib.sha256(f"{seed}:{number}:{retry}".encode()).digest()
    return int.from_bytes(digest[:4])


def _shown_to_sampler(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials as the sampler shall see them; see the module's docstring."""
    good = [t.value for t in trials if t.state is OptunaState.COMPLETE and t.value is not None]
    worst = min(good, default=0.0)
    neutral = statistics.median(good) if good else 0.0
    constrained = not all(_feasible(trial) for trial in trials)
    shown = []
    for trial in trials:
        if not trial.state.is_finished():
            shown.append(trial)
            continue
        missing = worst if _feasible(trial) else neutral
        shown.append(
            create_trial(
                value=missing if trial.value is None else trial.value,
                params=trial.params,
                distributions=trial.distributions,
                constraints={MEMORY_CONSTRAINT: -1.0 if _feasible(trial) else 1.0}
                if constrained
                else None,
            )
        )
    return shown


def _feasible(trial: FrozenTrial) -> bool:
    return bool(trial.user_attrs.get(STATE) != TrialState.INFEASIBLE.value)


def _state(trial: FrozenTrial) -> TrialState:
    """Return our own state of a trial; what somebody else ended has failed."""
    if not trial.state.is_finished():
        return TrialState.RUNNING
    state = TrialState(trial.user_attrs[STATE])
    return TrialState.FAILED if state is TrialState.RUNNING else state


def _facts(run: RunRecord) -> dict[str, Any]:
    return {
        STATE: run.state.value,
        "tuner:best_epoch": None if run.best is None else run.best.epoch,
        "tuner:epochs": run.epoch,
        "tuner:reason": run.reason,
    }


def _values(distribution: BaseDistribution) -> tuple[Any, ...]:
    """Return all values of a finite distribution, or none of a continuous one."""
    if isinstance(distribution, IntDistribution):
        return tuple(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    return ()


def _key(params: Mapping[str, Any]) -> str:
    return json.dumps(dict(sorted(params.items())))
