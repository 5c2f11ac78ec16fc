"""Finished trainings as plain values, and what is counted over those of a trial.

Runs whose score is not a finite number take no part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuner.search.seed_noise import Counts, SeedNoise, seed_noise, usual_seed_noise
from tuner.trial import TrialSpec

__all__ = [
    "Run",
    "cost_of",
    "counts_of",
    "grouped",
    "mean_of",
    "noise_of",
    "usual_noise_of",
    "with_score",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training that went through its whole plan.

    Attributes:
        key: Its name (`0007`, `0007-seed-43`).
        number: Trial number in the study.
        spec: Hyperparameters; `spec.seed` may be the search's seed, `seed` is what was used. Of a
            trunk, those of its best branch.
        seed: Seed of this training.
        score: Development F1 of the epoch that counts.
        best_epoch: Epoch of that score.
        epochs: Epochs trained; of a trunk, those that the best branch stands for.
        seconds: Wall time.
        counts: Per development sentence (correct, predicted, gold) entities at the best epoch; None
            when not kept.
        selected: Whether this is the training of the search itself, whose score decided that the
            trial is a contender, and is therefore biased upward.
        settled: F1 by which settings are compared, see `tuner.kept_epoch`; None: the score.
    """

    key: str
    number: int
    spec: TrialSpec
    seed: int
    score: float
    best_epoch: int
    epochs: int
    seconds: float
    counts: Counts | None
    selected: bool
    settled: float | None = None

    @property
    def level(self) -> float:
        """F1 by which it is compared with others; it is less due to luck than the score."""
        return self.score if self.settled is None else self.settled

    @property
    def at_level(self) -> Run:
        """The same training as if the level had been its score."""
        return replace(self, score=self.level)


def grouped(runs: Sequence[Run]) -> dict[int, list[Run]]:
    """Group the runs by trial, the search's own run first, then by seed."""
    groups: dict[int, list[Run]] = {}
    for run in sorted(with_score(runs), key=lambda run: (run.number, not run.selected, run.seed)):
        groups.setdefault(run.number, []).append(run)
    return groups


def with_score(runs: Sequence[Run]) -> list[Run]:
    """Return the runs whose score is a number."""
    return [run for run in runs if math.isfinite(run.score)]


def usual_noise_of(by_number: Mapping[int, Sequence[Run]]) -> float:
    """Return the usual spread over seeds, from all trials that have several."""
    return usual_seed_noise([[run.score for run in own] for own in by_number.values()])


def noise_of(own: Sequence[Run], usual: float) -> SeedNoise:
    """Return how uncertain the mean of a trial is."""
    return seed_noise([run.score for run in own], usual)


def counts_of(own: Sequence[Run]) -> list[Counts]:
    """Give the counts of all runs, or nothing when one of them has none."""
    kept = [run.counts for run in own if run.counts]
    return kept if len(kept) == len(own) else []


def cost_of(own: Sequence[Run]) -> float:
    """Give what a training costs: its shortest wall time, or its epochs when not timed."""
    return min(run.seconds if run.seconds > 0 else float(run.epochs) for run in own)


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of one or more values."""
    return sum(values) / len(values)
