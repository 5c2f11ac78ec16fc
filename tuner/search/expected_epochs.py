"""How many epochs the trainings of a study will have, before the sampler has chosen any."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

from tuner.search.time_left import mean_epochs
from tuner.space import Choice, PowersOfTwo, SearchSpace
from tuner.study import StudySpec
from tuner.trunk import planned_epochs

__all__ = [
    "CONTENDER_SPREAD",
    "chosen_epochs",
    "contender_epochs",
    "epoch_deviation",
    "trained_share",
]

CHOSEN_LENGTH = 0.43
CONTENDER_LENGTH = 0.9
"""Where between the space's mean number of epochs and its highest the trials lie that a sampler
chose, and the best three: longer trainings do better, and samplers learn that. From twelve studies
of ten trials on our own fine-tuning curves (2, 4 or 8 epochs, three data sets), where they were
1.31 and 1.64 times the mean, with standard errors of 0.03 and 0.04."""


CONTENDER_SPREAD = 0.14
"""Standard deviation of the length of the best three between those studies, over its mean."""

TRAINED_SHARE = {10: 1.0, 20: 0.90, 40: 0.84}
"""Trials to the share of the planned epochs that the pruner leaves. The mean of two sources of
`benchmarks/policy`: 0.84 and 0.75 of 20 and 40 trials on the surrogate's curves of 52 epochs, 0.96
and 0.93 on our own of at most 8, with few development entities."""


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


def epoch_deviation(space: SearchSpace) -> float:
    """Return the standard deviation of the epochs of a setting; 0 when they are not searched."""
    parameter = space.parameters.get("epochs")
    if parameter is None:
        return 0.0
    if isinstance(parameter, Choice | PowersOfTwo):
        return statistics.pstdev(float(value) for value in parameter.values)
    return (parameter.high - parameter.low) / math.sqrt(12)


def trained_share(trials: int) -> float:
    """Give the share of the planned epochs that is trained with pruning, as in other studies.

    Read along straight lines between the numbers of trials in `TRAINED_SHARE`; 1 for as few as
    nothing can be compared with.
    """
    known = sorted(TRAINED_SHARE.items())
    for (fewer, upper), (more, lower) in pairwise(known):
        if trials <= more:
            place = max(trials - fewer, 0) / (more - fewer)
            return upper + place * (lower - upper)
    return known[-1][1]
