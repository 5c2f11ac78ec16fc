"""How many seconds the trainings of a study will take, from what an epoch costs."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from tuner.epoch_cost import EpochCost
from tuner.search.time_left import mean_epochs
from tuner.space import Choice, PowersOfTwo, SearchSpace
from tuner.study import StudySpec
from tuner.trial import TrialSpec
from tuner.trunk import planned_epochs, share_again

__all__ = [
    "PlannedSeconds",
    "chosen_epochs",
    "confirm_runs",
    "contender_epochs",
    "expected_confirm_runs",
    "planned_seconds",
]

START_SECONDS = 1.3
CHOOSE_SECONDS = 0.3
"""Seconds until the first trial begins, most of them for loading Optuna, and for choosing the
settings of a trial by the Gaussian process. Processor time of small studies."""

CHOSEN_LENGTH = 0.43
CONTENDER_LENGTH = 0.9
"""Where between the space's mean number of epochs and its highest the trials lie that a sampler
chose, and the best three: longer trainings do better, and samplers learn that. From twelve studies
of ten trials on our own fine-tuning curves (2, 4 or 8 epochs, three data sets), where they were
1.31 and 1.64 times the mean, with standard errors of 0.03 and 0.04."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSeconds:
    """What the plans of a study's trainings take when none of them is pruned.

    Attributes:
        search: Seconds of the trials, the start of the study included.
        confirm: Seconds of the runs with further seeds.
        deviation: Standard deviation of both together, because the settings of most trials are
            still to be chosen.
    """

    search: float
    confirm: float
    deviation: float

    @property
    def total(self) -> float:
        """Seconds of all trainings."""
        return self.search + self.confirm


def confirm_runs(spec: StudySpec) -> int:
    """Return how many runs with further seeds there are at most: of contenders and the recipe."""
    options = spec.options
    return options.confirm * min(options.trials, options.contenders + 1)


def expected_confirm_runs(spec: StudySpec) -> float:
    """Expect the runs with further seeds: the recipe needs none of its own as a contender.

    It is taken to be one as often as any other trial.
    """
    options = spec.options
    contenders = min(options.contenders, options.trials)
    return options.confirm * (contenders + 1 - contenders / options.trials)


def planned_seconds(spec: StudySpec, cost: EpochCost, devices: int = 1) -> PlannedSeconds:
    """Expect the seconds of a study without pruning.

    The settings tried first are known; the others are taken to be drawn evenly from the space, but
    for their epochs.

    Args:
        spec: The study.
        cost: What its epochs cost.
        devices: Devices that the trainings are spread over.
    """
    options = spec.options
    known = [_seconds(one, cost) for one in spec.first_points[: options.trials]]
    mean, deviation = _drawn(spec, cost)
    unknown = options.trials - len(known)
    usual = (sum(known) + unknown * (CHOOSE_SECONDS + mean)) / options.trials
    again = expected_confirm_runs(spec)
    return PlannedSeconds(
        search=START_SECONDS + usual * _rounds(options.trials, devices),
        confirm=_contender_seconds(spec, cost) * _rounds(again, devices),
        deviation=deviation * math.sqrt(unknown) / devices,
    )


def _rounds(trainings: float, devices: int) -> float:
    """Return after how many trainings the last of some ends: the last round may leave gaps."""
    return trainings if devices == 1 else math.ceil(trainings / devices)


def _seconds(spec: TrialSpec, cost: EpochCost) -> float:
    return cost.per_training + planned_epochs(spec) * cost.of_epoch(spec.batch_size)


def _drawn(spec: StudySpec, cost: EpochCost) -> tuple[float, float]:
    """Return mean and standard deviation of a training with settings drawn from the space."""
    sizes = _batch_sizes(spec.space) or [float(spec.recipe.batch_size)]
    each = [cost.of_epoch(size) for size in sizes]
    epoch, epoch_spread = statistics.mean(each), statistics.pstdev(each)
    epochs = chosen_epochs(spec)
    epochs_spread = _epoch_deviation(spec.space)
    # Of a product of two independent values.
    variance = (epochs * epoch_spread) ** 2 + (epoch * epochs_spread) ** 2
    variance += (epochs_spread * epoch_spread) ** 2
    return cost.per_training + epochs * epoch, math.sqrt(variance)


def _contender_seconds(spec: StudySpec, cost: EpochCost) -> float:
    """Return the seconds of a run of one of the best settings, or of the recipe if it is alone."""
    if spec.options.trials == 1:
        return _seconds(spec.recipe, cost) * share_again(spec.recipe)
    sizes = _batch_sizes(spec.space) or [float(spec.recipe.batch_size)]
    epoch = statistics.mean(cost.of_epoch(size) for size in sizes)
    epochs = contender_epochs(spec) * share_again(spec.recipe)
    return cost.per_training + epochs * epoch


def chosen_epochs(spec: StudySpec) -> float:
    """Expect the epochs of a trial that the sampler chooses."""
    return _between(spec, 0.0 if spec.options.sampler == "random" else CHOSEN_LENGTH)


def contender_epochs(spec: StudySpec) -> float:
    """Expect the epochs of one of the best settings."""
    return _between(spec, CONTENDER_LENGTH)


def _between(spec: StudySpec, share: float) -> float:
    """Return epochs at a share of the way from the space's mean to its highest number."""
    mean = mean_epochs(spec.space, planned_epochs(spec.recipe))
    parameter = spec.space.parameters.get("epochs")
    if parameter is None:
        return mean
    if isinstance(parameter, Choice):
        return mean + share * (max(map(float, parameter.values)) - mean)
    return mean + share * (float(parameter.high) - mean)


def _batch_sizes(space: SearchSpace) -> list[float]:
    """Return batch sizes that stand for all that may be drawn; none when they are not searched."""
    parameter = space.parameters.get("batch_size")
    if parameter is None:
        return []
    if isinstance(parameter, Choice | PowersOfTwo):
        return [float(value) for value in parameter.values]
    return [parameter.low, (parameter.low + parameter.high) / 2, parameter.high]


def _epoch_deviation(space: SearchSpace) -> float:
    """Return the standard deviation of the epochs of a setting; 0 when they are not searched."""
    parameter = space.parameters.get("epochs")
    if parameter is None:
        return 0.0
    if isinstance(parameter, Choice | PowersOfTwo):
        return statistics.pstdev(float(value) for value in parameter.values)
    return (parameter.high - parameter.low) / math.sqrt(12)
