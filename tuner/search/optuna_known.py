"""The trials of a study in memory, as samplers look at them: one set of ranges, few attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.search.curves import Curve
from tuner.search.optuna_attributes import state_of, stored_curve
from tuner.search.optuna_sampling import GAUSSIAN_PROCESS_LIMIT, setting_key
from tuner.search.optuna_shown import CURVE, STATE
from tuner.trial import TrialState

__all__ = ["KnownTrials"]


class KnownTrials:
    """What one process knows of its trials without asking the storage again.

    Args:
        stored: The trials that the storage holds, by number.
        distributions: The ranges of the searched hyperparameters, which all trials share.
    """

    def __init__(
        self, stored: Sequence[FrozenTrial], distributions: dict[str, BaseDistribution]
    ) -> None:
        self._distributions = distributions
        self._trials: list[FrozenTrial] = []
        self._tried: set[str] = set()
        for trial in stored:
            known = trial.distributions == self._distributions
            ranges = self._distributions if known else trial.distributions
            state = state_of(trial)
            self._put(_frozen(len(self), trial.params, ranges, trial.state, state, trial.value))
            if self._is_drawn(trial.number, trial.state, state):
                self._draw(trial.number, stored_curve(trial))

    def __len__(self) -> int:
        return len(self._trials)

    @property
    def trials(self) -> Sequence[FrozenTrial]:
        """The trials by number, running ones included."""
        return self._trials

    @property
    def tried(self) -> Collection[str]:
        """The settings of all trials, each as `setting_key` writes it."""
        return self._tried

    def begin(self, params: Mapping[str, Any]) -> None:
        """Add a trial that was asked for."""
        states = (OptunaState.RUNNING, TrialState.RUNNING)
        self._put(_frozen(len(self), params, self._distributions, *states, None))

    def end(self, number: int, state: TrialState, value: float | None, curve: Curve) -> None:
        """Note how a trial ended.

        Args:
            number: Its number.
            state: Our own state.
            value: Its score; None: it failed, or did not fit into memory.
            curve: Its learning curve.
        """
        earlier = self._trials[number]
        stored = OptunaState.FAIL if value is None else OptunaState.COMPLETE
        ended = _frozen(number, earlier.params, earlier.distributions, stored, state, value)
        self._trials[number] = ended
        if self._is_drawn(number, stored, state):
            self._draw(number, curve)

    @staticmethod
    def _is_drawn(number: int, stored: OptunaState, state: TrialState) -> bool:
        """Whether a sampler looks at the learning curve of a trial; those of many take memory."""
        has_score = stored is OptunaState.COMPLETE and state is not TrialState.FAILED
        return number <= GAUSSIAN_PROCESS_LIMIT and has_score

    def _draw(self, number: int, curve: Curve) -> None:
        trial = self._trials[number]
        course = tuple(replace(point, loss=None) for point in curve.points)  # as it is stored
        trial.user_attrs = {**trial.user_attrs, CURVE: replace(curve, points=course)}

    def _put(self, trial: FrozenTrial) -> None:
        self._trials.append(trial)
        self._tried.add(setting_key(trial.params))


def _frozen(
    number: int,
    params: Mapping[str, Any],
    distributions: dict[str, BaseDistribution],
    stored: OptunaState,
    state: TrialState,
    value: float | None,
) -> FrozenTrial:
    trial = create_trial(
        state=stored,
        value=value if stored is OptunaState.COMPLETE else None,
        params=dict(params),
        distributions=distributions,
        user_attrs=_ATTRIBUTES[state],
    )
    trial.number, trial.distributions = number, distributions
    return trial


_ATTRIBUTES = {state: {STATE: state.value} for state in TrialState}
"""What the sampler asks of a trial beside its settings; shared by all trials of a state."""
