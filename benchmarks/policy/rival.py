"""Optuna as it is used without us: one study, its samplers and pruners, `TrialPruned` told as such.

A rival's study does not depend on its budget, so one study answers for all budgets: what it would
have chosen at each. A training that the budget cuts off does not count. The value of a trial is its
best evaluation; in the shape of `Trainer.hyperparameter_search` it is the last one, the number of
epochs is a searched integer, and reports carry the global step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from benchmarks.policy.outcome import WORST_REGRET, Outcome, best_of
from benchmarks.policy.task import DrawnCurve, Scale, Task, sampler_seed
from tuner.search.optuna_sampling import SettingsSampler
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["RIVALS", "UNPRUNED", "Rival", "run_rival"]

SENTENCES = 2000
"""Of a data set whose steps per epoch are not known, for reports at the global step."""

MOST_TRIALS = 400
"""A study of more is cut: a pruner that stops nearly everything at its first epoch gains nothing by
another thousand, and TPE takes minutes for them."""

SHORTEST_SHARE = 0.25
"""Fewest epochs in the Trainer's shape, as a share of the full training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A sampler and a pruner of Optuna.

    Attributes:
        sampler: Makes the sampler from a seed.
        pruner: Makes the pruner for trainings of so many epochs.
        trainer_shape: Epochs searched, reports at the global step, the last value counts.
    """

    sampler: Callable[[int], BaseSampler]
    pruner: Callable[[int], BasePruner]
    trainer_shape: bool = False


def _tpe(seed: int) -> BaseSampler:
    return TPESampler(seed=seed)


def _share(epochs: int, share: float) -> int:
    return max(1, round(epochs * share))


RIVALS: Mapping[str, Rival] = {
    "random": Rival(sampler=lambda seed: RandomSampler(seed=seed), pruner=lambda _: NopPruner()),
    "Optuna TPE, no pruning": Rival(sampler=_tpe, pruner=lambda _: NopPruner()),
    "Optuna TPE, Median (default)": Rival(sampler=_tpe, pruner=lambda _: MedianPruner()),
    "Optuna TPE, Percentile 25, warm-up 5/52": Rival(
        sampler=_tpe,
        pruner=lambda epochs: PercentilePruner(25.0, n_warmup_steps=_share(epochs, 5 / 52)),
    ),
    "Optuna TPE, SHA (3, eta 3)": Rival(
        sampler=_tpe,
        pruner=lambda epochs: SuccessiveHalvingPruner(
            min_resource=_share(epochs, 3 / 52), reduction_factor=3
        ),
    ),
    "Optuna TPE, Hyperband (3, 52, 3)": Rival(
        sampler=_tpe,
        pruner=lambda epochs: HyperbandPruner(
            min_resource=_share(epochs, 3 / 52), max_resource=epochs, reduction_factor=3
        ),
    ),
    "Optuna GP, no pruning": Rival(
        sampler=lambda seed: GPSampler(seed=seed), pruner=lambda _: NopPruner()
    ),
    "Trainer's shape: TPE, Median": Rival(
        sampler=_tpe, pruner=lambda _: MedianPruner(), trainer_shape=True
    ),
}

UNPRUNED = ("random", "Optuna TPE, no pruning", "Optuna GP, no pruning")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trained:
    """A trial of a rival: its settings, what it saw, and when it ended."""

    spec: TrialSpec
    curve: DrawnCurve
    epochs: int
    pruned: bool
    value: float
    best_epoch: int
    ended_at: float


def run_rival(
    rival: Rival, task: Task, seed: int, budgets: Sequence[float], scale: Scale
) -> list[Outcome]:
    """Search until the largest budget is spent, and judge the choice at each of them.

    Args:
        rival: Sampler and pruner.
        task: The data set.
        seed: Of the study.
        budgets: In epochs.
        scale: Of the task.
    """
    trained: list[_Trained] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(
            direction="maximize",
            sampler=rival.sampler(sampler_seed(task, seed)),
            pruner=rival.pruner(task.longest),
        )
        spec = task.study(seed)
        distributions = _distributions(rival, task, spec)
        while len(trained) < MOST_TRIALS and (not trained or trained[-1].ended_at < max(budgets)):
            trial = study.ask(distributions)
            settings = _settings(spec, trial.params)
            before = trained[-1].ended_at if trained else 0.0
            one = _train(rival, trial, settings, task.curve(settings, seed), before)
            told = TrialState.PRUNED if one.pruned else TrialState.COMPLETE
            study.tell(trial, None if one.pruned else one.value, state=told)
            trained.append(one)
    return [_outcome(trained, budget, scale) for budget in budgets]


def _distributions(rival: Rival, task: Task, spec: StudySpec) -> dict[str, Any]:
    distributions: dict[str, Any] = dict(SettingsSampler(spec).distributions)
    if rival.trainer_shape and "epochs" not in spec.space.parameters:
        shortest = _share(task.longest, SHORTEST_SHARE)
        distributions["epochs"] = optuna.distributions.IntDistribution(shortest, task.longest)
    return distributions


def _settings(spec: StudySpec, params: Mapping[str, Any]) -> TrialSpec:
    values = {
        name.removeprefix("log2_"): 2**value if name.startswith("log2_") else value
        for name, value in params.items()
    }
    return replace(spec.recipe, **values)


def _train(
    rival: Rival, trial: optuna.Trial, spec: TrialSpec, curve: DrawnCurve, before: float
) -> _Trained:
    steps = -(-SENTENCES // spec.batch_size) if rival.trainer_shape else 1
    pruned, epoch = False, 0
    for epoch in range(1, spec.epochs + 1):
        trial.report(curve.scores[epoch - 1], epoch * steps)
        if epoch < spec.epochs and trial.should_prune():
            pruned = True
            break
    best = epoch - 1 if rival.trainer_shape else best_of(curve.scores[:epoch])
    return _Trained(
        spec=spec,
        curve=curve,
        epochs=epoch,
        pruned=pruned,
        value=curve.scores[best],
        best_epoch=best + 1,
        ended_at=before + epoch,
    )


def _outcome(trained: Sequence[_Trained], budget: float, scale: Scale) -> Outcome:
    within = [one for one in trained if one.ended_at <= budget]
    whole = [one for one in within if not one.pruned]
    chosen = max(whole, key=lambda one: one.value, default=None)
    truth = None if chosen is None else chosen.curve.truth[chosen.best_epoch - 1]
    good = [one for one in within if max(one.curve.truth) >= scale.good]
    return Outcome(
        regret=WORST_REGRET if truth is None else scale.regret(truth),
        optimism=None if chosen is None or truth is None else 100 * (chosen.value - truth),
        good_pruned=sum(one.pruned for one in good),
        good=len(good),
        trials=len(within),
        epochs=budget,
    )
