"""Which settings are tried next: suggestions of Optuna's samplers, from the trials so far.

A sampler is made anew for every trial, seeded with the study's seed and the trial's number, and
shown all trials so far through a study in memory. So the suggestion depends on nothing but the
number and the trials before it: an interrupted study gets the same ones, and a shared study that
one process runs alone gets those of a study of one process.

What the sampler is shown differs from what happened in three ways, each on purpose:

- Pruned trials count as complete. Told as `PRUNED`, a Gaussian process would not see them at all
  and search at random. It sees the score that they would have had in the end (`expected_end`):
  beside finished trials their best score so far makes their region look worse than it is.
- Failed trials count as complete with the lowest score of any, so that their region is avoided.
- Trials that do not fit into memory violate a constraint; their score is a neutral one, so that
  feasible neighbours are not blamed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from tuner.search.optuna_shown import Shown, ShownStorage
from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, UniformRange, WholeRange
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["GAUSSIAN_PROCESS_LIMIT", "SettingsSampler", "setting_key"]

STARTUP_TRIALS = 4
"""Trials before the model of the sampler decides. With Optuna's default of 10, a search of 10 to 20
trials is mostly random; 4 cut the regret of the Gaussian process to a third on learning curves of
neural networks."""

GAUSSIAN_PROCESS_LIMIT = 100
"""Trials from which the Gaussian process, whose cost grows with their cube, gives way to TPE."""

DUPLICATE_RETRIES = 16


class SettingsSampler:
    """Suggests the settings of new trials, and says settings in Optuna's terms.

    Args:
        spec: The study.
    """

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._shown = Shown()
        self.distributions = dict(_distribution(*item) for item in spec.space.parameters.items())

    def suggest(
        self,
        trials: Sequence[FrozenTrial],
        *,
        number: int | None = None,
        tried: Collection[str] | None = None,
    ) -> TrialSpec | None:
        """Return what to try next; None when every setting of a finite space was tried.

        Args:
            trials: Those so far, running ones included.
            number: Number of the new trial, from which its seed follows: processes that ask at the
                same moment have seen the same trials and shall not try the same. None counts the
                trials so far.
            tried: The settings of the trials, each as `setting_key` writes it; None: they are
                looked up in `trials`, which takes longer with every one.
        """
        if tried is None:
            tried = {setting_key(trial.params) for trial in trials}
        params = self._suggest(trials, len(trials) if number is None else number, tried)
        return None if params is None else self._spec.with_searched(self._from_optuna(params))

    def _suggest(
        self, trials: Sequence[FrozenTrial], number: int, tried: Collection[str]
    ) -> dict[str, Any] | None:
        seed = self._spec.options.seed
        sampler = _sampler(self._spec, number, _seed(seed, number))
        shown = self._shown_to(sampler, trials)
        params = self._sample(shown, sampler)
        for retry in range(DUPLICATE_RETRIES):
            if setting_key(params) not in tried:
                return params
            params = self._sample([], RandomSampler(seed=_seed(seed, number, retry)))
        return next((p for p in self._grid() if setting_key(p) not in tried), None)

    def _shown_to(
        self, sampler: BaseSampler, trials: Sequence[FrozenTrial]
    ) -> Sequence[FrozenTrial]:
        if isinstance(sampler, RandomSampler):
            return []
        # TPE asks only which trials are among the best, and its studies may be large.
        return self._shown.of(trials, to_the_end=isinstance(sampler, GPSampler))

    def _sample(self, trials: Sequence[FrozenTrial], sampler: BaseSampler) -> dict[str, Any]:
        storage = ShownStorage(trials)
        study = optuna.create_study(direction="maximize", sampler=sampler, storage=storage)
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


def _values(distribution: BaseDistribution) -> tuple[Any, ...]:
    """Return all values of a finite distribution, or none of a continuous one."""
    if isinstance(distribution, IntDistribution):
        return tuple(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    return ()


def setting_key(params: Mapping[str, Any]) -> str:
    """Return settings in Optuna's terms as text; equal settings give equal texts."""
    return json.dumps(dict(sorted(params.items())))
