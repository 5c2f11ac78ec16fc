"""What a policy is judged on: a task with learning curves, and the regret of a choice."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from tuner.model_facts import ModelFacts
from tuner.space import Choice, LogRange, PowersOfTwo, SearchSpace, UniformRange, WholeRange
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = [
    "NO_MODEL",
    "DrawnCurve",
    "Scale",
    "Task",
    "TaskScale",
    "chance",
    "random_settings",
    "sampler_seed",
]

NO_MODEL = ModelFacts(
    name="recorded",
    architecture="none",
    parameters=0,
    layers=0,
    hidden_size=0,
    max_length=0,
    fingerprint="",
)
"""Recorded curves have no model that anybody could train."""

SCALE_DRAWS = 600
GOOD_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCurve:
    """A training from its first epoch to its last.

    Attributes:
        scores: What is seen after each epoch, noise included.
        truth: What each of these models is worth: the mean over seeds, or a held-out score.
        losses: Development loss after each epoch; empty when unknown.
    """

    scores: tuple[float, ...]
    truth: tuple[float, ...]
    losses: tuple[float | None, ...] = ()


class Task(Protocol):
    """A data set with a search space and a curve for every setting and seed."""

    @property
    def name(self) -> str:
        """Name of the data set."""

    @property
    def longest(self) -> int:
        """Epochs of a full training, in which budgets are counted."""

    @property
    def noise_entities(self) -> int:
        """Size of the development split that has this noise, for the pruner's margin."""

    def study(self, seed: int) -> StudySpec:
        """Return the study: space, recipe and known-good points; its options are replaced."""

    def curve(self, spec: TrialSpec, seed: int) -> DrawnCurve:
        """Return the training with `spec` (and its own seed) in the study numbered `seed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The regret's ends.

    Attributes:
        best: True score of the best settings.
        median: Of the median setting.
        good: From which true score settings belong to the best tenth.
    """

    best: float
    median: float
    good: float

    def regret(self, truth: float) -> float:
        """Give (best - chosen) / (best - median): 0 for the best, 1 for the median."""
        return (self.best - truth) / max(self.best - self.median, 1e-9)


class TaskScale:
    """Finds the scale of a task from settings drawn evenly from its space."""

    def __init__(self, task: Task) -> None:
        self._task = task

    @cached_property
    def scale(self) -> Scale:
        """The scale; drawn once."""
        space = self._task.study(0).space
        recipe = self._task.study(0).recipe
        source = random.Random(0)
        drawn = (random_settings(space, recipe, source) for _ in range(SCALE_DRAWS))
        values = sorted(max(self._task.curve(spec, 0).truth, default=0.0) for spec in drawn)
        place = int(len(values) * (1 - GOOD_SHARE))
        return Scale(best=values[-1], median=values[len(values) // 2], good=values[place])


def random_settings(space: SearchSpace, recipe: TrialSpec, source: random.Random) -> TrialSpec:
    """Draw settings evenly over a space, on its own scales."""
    values: dict[str, float | int | str] = {}
    for name, parameter in space.parameters.items():
        match parameter:
            case LogRange(low=low, high=high):
                values[name] = low * (high / low) ** source.random()
            case UniformRange(low=low, high=high):
                values[name] = source.uniform(low, high)
            case WholeRange(low=least, high=most):
                values[name] = source.randint(least, most)
            case PowersOfTwo():
                values[name] = source.choice(parameter.values)
            case Choice(values=choices):
                values[name] = source.choice(choices)
    return replace(recipe, **values)  # type: ignore[arg-type]


def sampler_seed(task: Task, seed: int) -> int:
    """Return a sampler's seed that differs between data sets: else all begin at the same points."""
    return chance("sampler", task.name, seed).getrandbits(31)


def chance(*parts: object) -> random.Random:
    """Return randomness that depends on the given parts alone."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))
