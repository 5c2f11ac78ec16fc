"""How many seconds the trainings of a study will take, from what an epoch costs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.epoch_cost import EpochCost
from tuner.search.expected_epochs import (
    CONTENDER_SPREAD,
    chosen_epochs,
    contender_epochs,
    epoch_deviation,
)
from tuner.space import Choice, PowersOfTwo, SearchSpace
from tuner.study import StudySpec
from tuner.study_quote import QuoteParts
from tuner.trial import TrialSpec
from tuner.trunk import planned_epochs, share_again

__all__ = [
    "PlannedSeconds",
    "again_seconds",
    "confirm_runs",
    "expected_confirm_runs",
    "planned_seconds",
    "search_seconds",
]

START_SECONDS = 1.3
CHOOSE_SECONDS = 0.3
"""Seconds until the first trial begins, most of them for loading Optuna, and for choosing the
settings of a trial by the Gaussian process. Processor time of small studies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSeconds:
    """What the plans of a study's trainings take when none of them is pruned.

    Attributes:
        search: Seconds of the trials, the start of the study included.
        confirm: Seconds of the runs with further seeds, and of the test split.
        deviation: Standard deviation of both together, because the settings of most trials are
            still to be chosen.
        parts: What both are made of.
    """

    search: float
    confirm: float
    deviation: float
    parts: QuoteParts

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
    mean, deviation = _drawn(spec, cost)
    again, deviation_again = _contender_seconds(spec, cost)
    parts = QuoteParts(
        start=START_SECONDS,
        first=tuple(_seconds(one, cost) for one in spec.first_points[: options.trials]),
        chosen=CHOOSE_SECONDS + mean,
        again=again,
        reruns=expected_confirm_runs(spec),
        end=_test_seconds(spec, cost),
    )
    unknown = options.trials - len(parts.first)
    return PlannedSeconds(
        search=search_seconds(parts, options.trials, devices),
        confirm=again_seconds(parts, parts.reruns, devices) + parts.end,
        deviation=math.hypot(deviation * math.sqrt(unknown), parts.reruns * deviation_again)
        / devices,
        parts=parts,
    )


def search_seconds(parts: QuoteParts, trials: float, devices: int = 1) -> float:
    """Give the seconds of some trials without pruning, the start of the study included.

    Args:
        parts: What trials take.
        trials: How many, at least 1; a fraction for one that is trained in part.
        devices: Devices that they are spread over.
    """
    known = min(trials, len(parts.first))
    whole = int(known)
    seconds = sum(parts.first[:whole])
    if known > whole:
        seconds += (known - whole) * parts.first[whole]
    usual = (seconds + (trials - known) * parts.chosen) / trials
    return parts.start + usual * _rounds(trials, devices)


def again_seconds(parts: QuoteParts, reruns: float, devices: int = 1) -> float:
    """Give the seconds of some runs with further seeds."""
    return parts.again * _rounds(reruns, devices)


def _rounds(trainings: float, devices: int) -> float:
    """Return after how many trainings the last of some ends: the last round may leave gaps."""
    return trainings if devices == 1 else math.ceil(trainings / devices)


def _test_seconds(spec: StudySpec, cost: EpochCost) -> float:
    """Return the seconds of reading the test split, from those of the development split."""
    splits: Mapping[str, Any] = spec.data_facts.get("splits", {})
    dev, test = (float(splits.get(name, {}).get("tokens", 0)) for name in ("dev", "test"))
    return cost.evaluation * test / dev if spec.has_test and dev else 0.0


def _seconds(spec: TrialSpec, cost: EpochCost) -> float:
    return cost.per_training + planned_epochs(spec) * cost.of_epoch(spec.batch_size)


def _drawn(spec: StudySpec, cost: EpochCost) -> tuple[float, float]:
    """Return mean and standard deviation of a training with settings drawn from the space."""
    sizes = _batch_sizes(spec.space) or [float(spec.recipe.batch_size)]
    each = [cost.of_epoch(size) for size in sizes]
    epoch, epoch_spread = statistics.mean(each), statistics.pstdev(each)
    epochs = chosen_epochs(spec)
    epochs_spread = epoch_deviation(spec.space)
    # Of a product of two independent values.
    variance = (epochs * epoch_spread) ** 2 + (epoch * epochs_spread) ** 2
    variance += (epochs_spread * epoch_spread) ** 2
    return cost.per_training + epochs * epoch, math.sqrt(variance)


def _contender_seconds(spec: StudySpec, cost: EpochCost) -> tuple[float, float]:
    """Return the seconds of a run of one of the best settings, or of the recipe if it is alone.

    With their standard deviation, of the mean of all such runs.
    """
    if spec.options.trials == 1:
        return _seconds(spec.recipe, cost) * share_again(spec.recipe), 0.0
    sizes = _batch_sizes(spec.space) or [float(spec.recipe.batch_size)]
    each = [cost.of_epoch(size) for size in sizes]
    epoch, epoch_spread = statistics.mean(each), statistics.pstdev(each)
    epochs = contender_epochs(spec) * share_again(spec.recipe)
    contenders = min(spec.options.contenders, spec.options.trials)
    lengths = CONTENDER_SPREAD if epoch_deviation(spec.space) else 0.0
    spread = math.hypot(lengths * epoch, epoch_spread / math.sqrt(contenders))
    return cost.per_training + epochs * epoch, epochs * spread


def _batch_sizes(space: SearchSpace) -> list[float]:
    """Return batch sizes that stand for all that may be drawn; none when they are not searched."""
    parameter = space.parameters.get("batch_size")
    if parameter is None:
        return []
    if isinstance(parameter, Choice | PowersOfTwo):
        return [float(value) for value in parameter.values]
    return [parameter.low, (parameter.low + parameter.high) / 2, parameter.high]
