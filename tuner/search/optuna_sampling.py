"""Which settings are tried next: suggestions of Optuna's samplers, from the trials so far.

A sampler is made anew for every trial, seeded with the study's seed and the trial's number, and
shown all trials so far through a study in memory. So the suggestion depends on nothing but the
number and the trials before it: an interrupted study gets the same ones, and a shared study that
one process runs alone gets those of a study of one process.

What the sampler is shown differs from what happened in three ways, each on purpose:

- Pruned trials count as complete with their best score so far. Told as `PRUNED`, a Gaussian process
  would not see them at all and search at random.
- Failed trials count as complete with the lowest score of any, so that their region is avoided.
- Trials that do not fit into memory violate a constraint; their score is a neutral one, so that
  feasible neighbours are not blamed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
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
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, UniformRange, WholeRange
from tuner.study import StudySpec
from tuner.trial import TrialSpec, TrialState

__all__ = ["MEMORY_CONSTRAINT", "STATE", "SettingsSampler", "is_feasible"]

STARTUP_TRIALS = 4
"""Trials before the model of the sampler decides. With Optuna's default of 10, a search of 10 to 20
trials is mostly random; 4 cut the regret of the Gaussian process to a third on learning curves of
neural networks."""

GAUSSIAN_PROCESS_LIMIT = 100
"""Trials from which the Gaussian process, whose cost grows with their cube, gives way to TPE."""

DUPLICATE_RETRIES = 16
MEMORY_CONSTRAINT = "memory"
STATE = "tuner:state"


class SettingsSampler:
    """Suggests the settings of new trials, and says settings in Optuna's terms.

    Args:
        spec: The study.
    """

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self.distributions = dict(_distribution(*item) for item in spec.space.parameters.items())

    def suggest(
        self, trials: Sequence[FrozenTrial], *, number: int | None = None
    ) -> TrialSpec | None:
        """Return what to try next; None when every setting of a finite space was tried.

        Args:
            trials: Those so far, running ones included.
            number: Number of the new trial, from which its seed follows: processes that ask at the
                same moment have seen the same trials and shall not try the same. None counts the
                trials so far.
        """
        params = self._suggest(trials, len(trials) if number is None else number)
        return None if params is None else self._spec.with_searched(self._from_optuna(params))

    def _suggest(self, trials: Sequence[FrozenTrial], number: int) -> dict[str, Any] | None:
        seed = self._spec.options.seed
        sampler = _sampler(self._spec, number, _seed(seed, number))
        shown = [] if isinstance(sampler, RandomSampler) else _shown_to_sampler(trials)
        params = self._sample(shown, sampler)
        for retry in range(DUPLICATE_RETRIES):
            if not _is_tried(params, trials):
                return params
            params = self._sample([], RandomSampler(seed=_seed(seed, number, retry)))
        known = {_key(trial.params) for trial in trials}
        return next((p for p in self._grid() if _key(p) not in known), None)

    def _sample(self, trials: Sequence[FrozenTrial], sampler: BaseSampler) -> dict[str, Any]:
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials(trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return study.ask(self.distributions).params

    def _grid(self) -> Iterator[dict[str, Any]]:
        """Yield every setting of a finite space; nothing when the space is continuous."""
        values = [_values(distribution) for distribution in self.distributions.values()]
        if all(values):
            for combination in itertools.product(*values):
                yield dict(zip(self.distributions, combination, strict=True))

    def params(self, spec: TrialSpec) -> dict[str, Any]:
        """Return the searched settings under the names and on the scales that Optuna knows."""
        values = self._spec.searched(spec)
        for name in [name for name in values if name not in self.distributions]:
            values[f"log2_{name}"] = int(values[name]).bit_length() - 1
        return {name: values[name] for name in self.distributions}

    def _from_optuna(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: params[name] if name in params else 2 ** params[f"log2_{name}"]
            for name in self._spec.space.parameters
        }


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


def _sampler(spec: StudySpec, number: int, seed: int) -> BaseSampler:
    kind = spec.options.sampler
    if kind == "random":
        return RandomSampler(seed=seed)
    if kind == "tpe" or number > GAUSSIAN_PROCESS_LIMIT:
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
    constrained = not all(is_feasible(trial) for trial in trials)
    shown = []
    for trial in trials:
        if not trial.state.is_finished():
            shown.append(trial)
            continue
        missing = worst if is_feasible(trial) else neutral
        shown.append(
            create_trial(
                value=missing if trial.value is None else trial.value,
                params=trial.params,
                distributions=trial.distributions,
                constraints={MEMORY_CONSTRAINT: -1.0 if is_feasible(trial) else 1.0}
                if constrained
                else None,
            )
        )
    return shown


def is_feasible(trial: FrozenTrial) -> bool:
    """Whether a trial did not run out of memory, as far as is known."""
    return bool(trial.user_attrs.get(STATE) != TrialState.INFEASIBLE.value)


def _values(distribution: BaseDistribution) -> tuple[Any, ...]:
    """Return all values of a finite distribution, or none of a continuous one."""
    if isinstance(distribution, IntDistribution):
        return tuple(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    return ()


def _is_tried(params: Mapping[str, Any], trials: Sequence[FrozenTrial]) -> bool:
    """Whether a trial has these settings."""
    return any(trial.params == params for trial in trials)


def _key(params: Mapping[str, Any]) -> str:
    return json.dumps(dict(sorted(params.items())))
