"""Suggestions for the trials of a study that several processes share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.kept_epoch import kept_epoch
from tuner.search.curves import curve_of
from tuner.search.optuna_importance import importances_of
from tuner.search.optuna_sampling import GAUSSIAN_PROCESS_LIMIT, SettingsSampler
from tuner.search.optuna_shown import CURVE, STATE
from tuner.search.run_record import search_key
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.packed import unpacked
from tuner.search.shared.training import Training
from tuner.study import StudySpec
from tuner.trial import EpochReport, TrialSpec, TrialState
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
        suggested = self._sampler.suggest(history, number=number)
        return None if suggested is None else (suggested, "sampler")

    def importances(self, facts: StudyFacts) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score."""
        return importances_of(self._history(facts), len(self.distributions))

    def _history(self, facts: StudyFacts, without: str = "") -> list[FrozenTrial]:
        """Return all trials with settings, running ones included, as a sampler sees them.

        They come by number, whoever began them when: a replay knows no other order.
        """
        tried = (one for one in facts.trainings.values() if one.is_trial and one.key != without)
        by_number = sorted(tried, key=lambda training: training.number)
        return [self._frozen_trial(one) for one in by_number if one.settings is not None]

    def _frozen_trial(self, training: Training) -> FrozenTrial:
        known = self._frozen.get(training.key)
        if known is not None and known.state.is_finished() == (training.result is not None):
            return known
        frozen = self._frozen[training.key] = self._freeze(training)
        return frozen

    def _freeze(self, training: Training) -> FrozenTrial:
        assert training.settings is not None
        running = {"state": TrialState.RUNNING.value, "reports": []}
        result = running if training.result is None else unpacked(training.result)
        spec = from_plain(TrialSpec, training.settings["spec"])
        reports = [from_plain(EpochReport, one) for one in result["reports"]]
        kept = kept_epoch(reports, spec)
        state = OptunaState.RUNNING
        if training.result is not None:
            good = result["state"] in (TrialState.FINISHED, TrialState.PRUNED) and kept
            state = OptunaState.COMPLETE if good else OptunaState.FAIL
        ended = TrialState(str(result["state"]))
        attributes: dict[str, Any] = {STATE: ended.value}
        is_early = training.number <= GAUSSIAN_PROCESS_LIMIT  # the curves of all take memory
        if is_early and state is OptunaState.COMPLETE:
            evaluations = ((one.epoch, one.scores.f1, None) for one in reports)
            attributes[CURVE] = curve_of(training.key, spec, ended, evaluations)
        frozen = create_trial(
            state=state,
            value=kept.scores.f1 if kept and state is OptunaState.COMPLETE else None,
            params=self._sampler.params(spec),
            distributions=self._sampler.distributions,
            user_attrs=attributes,
        )
        frozen.number = training.number
        return frozen
