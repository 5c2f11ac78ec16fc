"""Which settings to use: chosen on mean and spread over seeds, not on one lucky score.

All functions are pure: records in, values out; nothing is read, written or printed. Which trials
have several seeds is up to `contenders`; runs whose score is not a finite number take no part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuner.search.finished_runs import (
    Run,
    cost_of,
    counts_of,
    grouped,
    mean_of,
    noise_of,
    usual_noise_of,
)
from tuner.search.seed_noise import mean_interval
from tuner.study_view import Winner
from tuner.trial import Scores

__all__ = ["choose", "interval", "saved_run"]


def choose(runs: Sequence[Run], scores: Mapping[str, Scores] | None = None) -> Winner:
    """Choose the settings to use.

    Each trial's mean over its seeds is shrunk towards the level of the better half of the search
    (Efron & Morris 1975, JASA 70): strongly when it rests on one seed, little when it rests on
    several. From that its standard error is taken off, and the highest remainder wins. So a single
    lucky score does not beat a slightly lower one that three seeds agree on. Among equals the
    faster one wins. All this by the level of each training, which is less due to luck than its
    score; what is told of the winner are its scores.

    Args:
        runs: All finished runs; at least one with a finite score.
        scores: Run key to the development scores of its best epoch. Without it precision and recall
            come from the run's counts.

    Returns:
        The winner. Its `scores` and `best_epoch` are those of `saved_run`.

    Raises:
        ValueError: No run has a finite score.
    """
    by_number = grouped(runs)
    if not by_number:
        raise ValueError("no training finished with a score")
    levels = grouped([run.at_level for run in runs])
    prior = _Prior.of(levels)
    number = min(levels, key=lambda one: (-prior.cautious(levels[one]), cost_of(levels[one]), one))
    own = by_number[number]
    saved = saved_run(runs, number)
    fresh = [run.score for run in own if not run.selected]
    values = [run.score for run in own]
    return Winner(
        number=number,
        spec=saved.spec,
        best_epoch=saved.best_epoch,
        scores=(scores or {}).get(saved.key) or _scores_from_counts(saved),
        seeds=tuple(run.seed for run in own),
        seed_scores=tuple(values),
        mean=mean_of(values),
        spread=prior.spread(values),
        interval=interval(runs, number),
        fresh_mean=mean_of(fresh) if fresh else None,
    )


def saved_run(runs: Sequence[Run], number: int) -> Run:
    """Name the run whose model is kept for a trial: its best seed on the development split.

    By the level, as trials are compared.

    Raises:
        ValueError: The trial has no run with a finite score.
    """
    own = grouped(runs).get(number)
    if not own:
        raise ValueError(f"trial {number} has no finished training with a score")
    return max(own, key=lambda run: (run.level, run.selected))


def interval(runs: Sequence[Run], number: int) -> tuple[float, float] | None:
    """Give the 95 % interval of a trial's mean development F1.

    Returns:
        The interval over sentences, and seeds where there are several; None when the trial has
        neither counts nor further seeds.
    """
    by_number = grouped(runs)
    own = by_number.get(number, [])
    if not own:
        return None
    noise = noise_of(own, usual_noise_of(by_number))
    return mean_interval(counts_of(own), mean_of([run.score for run in own]), noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prior:
    """What is known about a good trial of this study before its own further seeds are read."""

    level: float
    variance: float | None  # of true means around `level`; None: too few trials to know
    usual: float

    @classmethod
    def of(cls, by_number: Mapping[int, Sequence[Run]]) -> _Prior:
        usual = usual_noise_of(by_number)
        searched = sorted(
            (run.score for own in by_number.values() for run in own if run.selected), reverse=True
        )
        better = searched[: max(3, (len(searched) + 1) // 2)]
        if len(better) < 3:
            return cls(level=0.0, variance=None, usual=usual)
        level = mean_of(better)
        total = sum((score - level) ** 2 for score in better) / (len(better) - 1)
        return cls(level=level, variance=max(total - usual**2, 0.005**2), usual=usual)

    def cautious(self, own: Sequence[Run]) -> float:
        """Give the shrunken mean of a trial minus its standard error."""
        mean = mean_of([run.score for run in own])
        error = noise_of(own, self.usual).standard_error
        if self.variance is None:
            return mean - error
        trust = self.variance / (self.variance + error**2)
        return self.level + trust * (mean - self.level) - math.sqrt(trust) * error

    @staticmethod
    def spread(values: Sequence[float]) -> float | None:
        """Give the plain standard deviation over seeds; None for one seed."""
        if len(values) < 2:
            return None
        mean = mean_of(values)
        return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _scores_from_counts(run: Run) -> Scores:
    """Rebuild what the counts tell; the accuracy, which they do not, is NaN."""
    correct, predicted, gold = (
        sum(sentence[column] for sentence in run.counts or ()) for column in range(3)
    )
    return Scores(
        loss=None,
        precision=correct / predicted if predicted else 0.0,
        recall=correct / gold if gold else 0.0,
        f1=run.score,
        accuracy=math.nan,
        counts=run.counts,
    )
