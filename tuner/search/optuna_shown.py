"""What a sampler is shown of a study: its trials as they shall look, in place of a storage.

Optuna's storages copy every trial that is added to them. A sampler is asked with all trials so far,
so a study of 5,000 would spend seven times as long on copies as on the suggestion.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Container, Sequence

from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.search.curves import Curve
from tuner.search.expected_end import ExpectedEnds
from tuner.trial import TrialState

__all__ = ["CURVE", "MEMORY_CONSTRAINT", "STATE", "Shown", "ShownStorage", "is_feasible"]

MEMORY_CONSTRAINT = "memory"
STATE, CURVE = "tuner:state", "tuner:curve"
"""Attributes of a trial in memory: our own state, and the learning curve (a `Curve`)."""


def is_feasible(trial: FrozenTrial) -> bool:
    """Whether a trial did not run out of memory, as far as is known."""
    return bool(trial.user_attrs.get(STATE) != TrialState.INFEASIBLE.value)


class ShownStorage(InMemoryStorage):
    """Holds the one trial that is asked for; shows the others beside it without copying them.

    Args:
        shown: The others, by number; nobody changes them.
    """

    def __init__(self, shown: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._shown = shown

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials by number, the one that is asked for behind the others."""
        own = super().get_all_trials(study_id, deepcopy=False)
        trials = [*self._shown, *map(self._behind, own)]
        return trials if states is None else [one for one in trials if one.state in states]

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return the trial that is asked for."""
        return self._behind(super().get_trial(trial_id))

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """Return the number of the trial that is asked for."""
        return self.get_trial(trial_id).number

    def _behind(self, own: FrozenTrial) -> FrozenTrial:
        """Return a trial with a number behind those of the others; samplers tell it by that."""
        trial = copy.copy(own)
        trial.number = own.number + 1 + max((one.number for one in self._shown[-1:]), default=-1)
        return trial


class Shown:
    """What a sampler shall see of trials, see `tuner.search.optuna_sampling`.

    What was made for one suggestion serves the next ones, as long as it looks the same.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[FrozenTrial, float | None, bool, FrozenTrial]] = {}
        self._ends = ExpectedEnds()

    def of(self, trials: Sequence[FrozenTrial], *, to_the_end: bool = True) -> list[FrozenTrial]:
        """Return the trials as the sampler shall see them.

        Args:
            trials: Those so far by number, running ones included; all of the same ranges.
            to_the_end: Whether stopped trials show what they would have reached.
        """
        finished = _finished(trials) if to_the_end else []
        good = [t.value for t in trials if t.state is OptunaState.COMPLETE and t.value is not None]
        worst = min(good, default=0.0)
        neutral = statistics.median(good) if good else 0.0
        constrained = not all(is_feasible(trial) for trial in trials)
        shown = []
        for place, trial in enumerate(trials):
            missing = worst if is_feasible(trial) else neutral
            value = missing if trial.value is None else trial.value + self._rise(trial, finished)
            if not trial.state.is_finished() or (trial.value == value and not constrained):
                shown.append(trial)
            else:
                shown.append(self._remade(place, trial, value, constrained=constrained))
        return shown

    def _rise(self, trial: FrozenTrial, finished: Sequence[Curve]) -> float:
        curve = trial.user_attrs.get(CURVE)
        if not finished or curve is None or curve.state is not TrialState.PRUNED:
            return 0.0
        return self._ends.rise(curve, finished)

    def _remade(
        self, place: int, trial: FrozenTrial, value: float, *, constrained: bool
    ) -> FrozenTrial:
        known = self._made.get(place)
        if known is not None and known[0] is trial and known[1:3] == (value, constrained):
            return known[3]
        violation = -1.0 if is_feasible(trial) else 1.0
        remade = create_trial(
            value=value,
            params=trial.params,
            distributions=trial.distributions,
            constraints={MEMORY_CONSTRAINT: violation} if constrained else None,
        )
        remade.number = place
        self._made[place] = (trial, value, constrained, remade)
        return remade


def _finished(trials: Sequence[FrozenTrial]) -> list[Curve]:
    curves = (trial.user_attrs.get(CURVE) for trial in trials)
    return [one for one in curves if one is not None and one.state is TrialState.FINISHED]
