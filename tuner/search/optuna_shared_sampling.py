"""Suggestions for the trials of a study that several processes share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.search.optuna_importance import importances_of
from tuner.search.optuna_sampling import STATE, SettingsSampler
from tuner.search.run_record import search_key
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.training import Training
from tuner.study import StudySpec
from tuner.trial import TrialSpec, TrialState
from tuner.values import from_plain

__all__ = ["SharedSampler"]


class SharedSampler:
    """Suggests settings from what all processes have tried, those being tried included.

    Args:
        spec: The study.
    """

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._sampler = SettingsSampler(spec)
        self._frozen: dict[str, FrozenTrial] = {}

    @property
    def distributions(self) -> Mapping[str, BaseDistribution]:
        """The searched hyperparameters in Optuna's terms."""
        return self._sampler.distributions

    def params(self, spec: TrialSpec) -> dict[str, Any]:
        """Return the searched settings under the names and on the scales that Optuna knows."""
        return self._sampler.params(spec)

    def suggest(
        self, facts: StudyFacts, number: int, *, again: bool = False
    ) -> tuple[TrialSpec, str] | None:
        """Return what a trial shall try, and where that comes from; None when all was tried.

        Args:
            facts: What all processes know.
            number: Number of the trial.
            again: Whether an earlier suggestion was refused, because another trial tries the same.
        """
        first = self._spec.first_points
        if number < len(first) and not again:
            return first[number], "known good" if number else "recipe"
        learns = again or self._spec.options.sampler != "random"
        history = self._history(facts, without=search_key(number)) if learns else []
        suggested = self._seeded(number, len(history)).suggest(history)
        return None if suggested is None else (suggested, "sampler")

    def _seeded(self, number: int, shown: int) -> SettingsSampler:
        """Return a sampler whose seed depends on the trial.

        Processes that ask at the same moment have seen the same trials; the same seed would give
        them the same suggestion. A process that works alone has seen all trials before its own,
        and gets what it would get without a shared storage.
        """
        if shown == number:
            return self._sampler
        options = self._spec.options
        digest = hashlib.sha256(f"{options.seed}:trial {number}".encode()).digest()
        seed = int.from_bytes(digest[:4])
        return SettingsSampler(replace(self._spec, options=replace(options, seed=seed)))

    def importances(self, facts: StudyFacts) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score."""
        return importances_of(self._history(facts), len(self.distributions))

    def _history(self, facts: StudyFacts, without: str = "") -> list[FrozenTrial]:
        """Return all trials with settings, running ones included, as a sampler sees them."""
        return [
            self._frozen_trial(training)
            for training in facts.trainings.values()
            if training.is_trial and training.settings is not None and training.key != without
        ]

    def _frozen_trial(self, training: Training) -> FrozenTrial:
        known = self._frozen.get(training.key)
        if known is not None and known.state.is_finished() == (training.result is not None):
            return known
        frozen = self._frozen[training.key] = self._freeze(training)
        return frozen

    def _freeze(self, training: Training) -> FrozenTrial:
        assert training.settings is not None
        result = training.result or {"state": TrialState.RUNNING.value, "reports": []}
        scores = [report["scores"]["f1"] for report in result["reports"]]
        finite = [score for score in scores if score == score]  # not NaN
        state = OptunaState.RUNNING
        if training.result is not None:
            good = result["state"] in (TrialState.FINISHED, TrialState.PRUNED) and finite
            state = OptunaState.COMPLETE if good else OptunaState.FAIL
        frozen = create_trial(
            state=state,
            value=max(finite) if state is OptunaState.COMPLETE else None,
            params=self._sampler.params(from_plain(TrialSpec, training.settings["spec"])),
            distributions=self._sampler.distributions,
            user_attrs={STATE: result["state"]},
        )
        frozen.number = training.number
        return frozen
