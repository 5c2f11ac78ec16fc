"""Which hyperparameters mattered, by Optuna's PED-ANOVA."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import optuna
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from tuner.search.optuna_shown import is_feasible

__all__ = ["LEAST_FOR_IMPORTANCE", "importances_of"]

LEAST_FOR_IMPORTANCE = 8


def importances_of(trials: Sequence[FrozenTrial], searched: int) -> dict[str, float]:
    """Return each searched hyperparameter's share in the variation of the score.

    Empty with fewer than `LEAST_FOR_IMPORTANCE` trials that finished or were pruned, or fewer than
    two searched hyperparameters, or when all scores are equal.

    Args:
        trials: All trials.
        searched: How many hyperparameters are searched.
    """
    told = [t for t in trials if t.state is OptunaState.COMPLETE and is_feasible(t)]
    if len(told) < LEAST_FOR_IMPORTANCE or searched < 2 or len({t.value for t in told}) < 2:
        return {}
    study = optuna.create_study(direction="maximize", sampler=RandomSampler(seed=0))
    study.add_trials(told)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = optuna.importance.get_param_importances(study)
    return {name.removeprefix("log2_"): float(share) for name, share in shares.items()}
