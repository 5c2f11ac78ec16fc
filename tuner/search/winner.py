"""Which settings to use: chosen on mean and spread over seeds, not on one lucky score.

The best score of a search is too good: the more trials, the luckier the luckiest (the winner's
curse). So the best few are trained again with further seeds, and the choice is made on what
remains. On eight noisy tables of trained networks, re-running the best three of 40 trials with two
more seeds chose better settings than 60 trials with one seed each.

All functions are pure: records in, values out; nothing is read, written or printed. Runs whose
score is not a finite number take no part.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tuner.search.seed_noise import (
    Counts,
    SeedNoise,
    difference_interval,
    mean_interval,
    seed_noise,
    usual_seed_noise,
)
from tuner.study_view import Gain, Winner
from tuner.trial import Scores, TrialSpec

__all__ = [
    "Run",
    "choose",
    "confirm_plan",
    "contenders",
    "gain",
    "interval",
    "remarks",
    "saved_run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training that went through its whole plan.

    Attributes:
        key: Its name (`0007`, `0007-seed-43`).
        number: Trial number in the study.
        spec: Hyperparameters; `spec.seed` may be the search's seed, `seed` is what was used.
        seed: Seed of this training.
        score: Best development F1 of its epochs.
        best_epoch: Epoch of that score.
        epochs: Epochs trained.
        seconds: Wall time.
        counts: Per development sentence (correct, predicted, gold) entities at the best epoch; None
            when not kept.
        selected: Whether this is the training of the search itself, whose score decided that the
            trial is a contender, and is therefore biased upward.
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


def contenders(runs: Sequence[Run], top: int) -> tuple[int, ...]:
    """Name the best trials of the search, best first.

    Ranked by the score of the search's own run; among equals the one that trained faster, then the
    earlier one.

    Args:
        runs: All finished runs; those with further seeds are left aside.
        top: How many at most.
    """
    ranked = sorted(
        (run for run in _finite(runs) if run.selected),
        key=lambda run: (-run.score, run.seconds, run.number),
    )
    return tuple(run.number for run in ranked[:top])


def confirm_plan(
    runs: Sequence[Run],
    top: int,
    seeds: int,
    base_seed: int,
    include_recipe: bool = True,
    attempted: Collection[tuple[int, int]] = (),
) -> tuple[tuple[int, int], ...]:
    """Plan the runs with further seeds, most useful first.

    The leader comes first and one contender is completed at a time, so that whenever time runs out
    the runs done so far compare something. The recipe (trial 0) comes last when it is no contender:
    what tuning gained is then measured on equal terms.

    Args:
        runs: All finished runs, those with further seeds included.
        top: How many contenders.
        seeds: Further seeds per contender; 0 plans nothing.
        base_seed: The search's seed; further ones are `base_seed + 1`, `+ 2`, ...
        include_recipe: Whether trial 0 is run again too, if its run finished.
        attempted: (trial number, seed) pairs that were tried and failed, not to be tried again.

    Returns:
        (trial number, seed) pairs that are not among `runs` yet.
    """
    numbers = list(contenders(runs, top))
    finished = {run.number for run in _finite(runs) if run.selected}
    if include_recipe and numbers and 0 in finished and 0 not in numbers:
        numbers.append(0)
    done = {(run.number, run.seed) for run in runs} | set(attempted)
    wanted = ((number, base_seed + 1 + k) for number in numbers for k in range(seeds))
    return tuple(pair for pair in wanted if pair not in done)


def choose(runs: Sequence[Run], scores: Mapping[str, Scores] | None = None) -> Winner:
    """Choose the settings to use.

    Each trial's mean over its seeds is shrunk towards the level of the better half of the search
    (Efron & Morris 1975, JASA 70): strongly when it rests on one seed, little when it rests on
    several. From that its standard error is taken off, and the highest remainder wins. So a single
    lucky score does not beat a slightly lower one that three seeds agree on. Among equals the
    faster one wins.

    Args:
        runs: All finished runs; at least one with a finite score.
        scores: Run key to the development scores of its best epoch. Without it precision and recall
            come from the run's counts.

    Returns:
        The winner. Its `scores` and `best_epoch` are those of `saved_run`.

    Raises:
        ValueError: No run has a finite score.
    """
    by_number = _by_number(runs)
    if not by_number:
        raise ValueError("no training finished with a score")
    prior = _Prior.of(by_number)
    number = min(
        by_number,
        key=lambda one: (-prior.cautious(by_number[one]), _cost(by_number[one]), one),
    )
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
        mean=_mean(values),
        spread=prior.spread(values),
        interval=interval(runs, number),
        fresh_mean=_mean(fresh) if fresh else None,
    )


def saved_run(runs: Sequence[Run], number: int) -> Run:
    """Name the run whose model is kept for a trial: its best seed on the development split.

    Raises:
        ValueError: The trial has no run with a finite score.
    """
    own = _by_number(runs).get(number)
    if not own:
        raise ValueError(f"trial {number} has no finished training with a score")
    return max(own, key=lambda run: (run.score, run.selected))


def interval(runs: Sequence[Run], number: int) -> tuple[float, float] | None:
    """Give the 95 % interval of a trial's mean development F1.

    Returns:
        The interval over sentences, and seeds where there are several; None when the trial has
        neither counts nor further seeds.
    """
    by_number = _by_number(runs)
    own = by_number.get(number, [])
    if not own:
        return None
    noise = _noise(own, _usual(by_number))
    return mean_interval(_counts(own), _mean([run.score for run in own]), noise)


def gain(runs: Sequence[Run], winner_number: int, recipe_number: int = 0) -> Gain | None:
    """Say what tuning gained over the recipe.

    When both were run with two or more fresh seeds, only those are compared: the winner's score in
    the search took part in its selection and would flatter it.

    Returns:
        The difference with its interval; None when the recipe won or did not finish.
    """
    by_number = _by_number(runs)
    ours, theirs = by_number.get(winner_number, []), by_number.get(recipe_number, [])
    if winner_number == recipe_number or not ours or not theirs:
        return None
    compared = _on_equal_terms(ours, theirs)
    difference, ends = _compare(*compared, _usual(by_number))
    return Gain(
        recipe_mean=_mean([run.score for run in compared[1]]),
        winner_mean=_mean([run.score for run in compared[0]]),
        difference=difference,
        interval=ends,
    )


def remarks(runs: Sequence[Run], winner: Winner) -> tuple[str, ...]:
    """Name other trials that cannot be told from the winner and train clearly faster.

    Only trials with as much evidence count: those with further seeds, when the winner has some.

    Returns:
        Sentences, the fastest alternative first; empty when there is none.
    """
    by_number = _by_number(runs)
    best = by_number.get(winner.number, [])
    usual = _usual(by_number)
    found: list[tuple[float, str]] = []
    for number, own in by_number.items():
        faster = _cost(own) < 0.8 * _cost(best)
        if number == winner.number or not faster or (len(own) < 2 <= len(best)):
            continue
        ours, theirs = _on_equal_terms(best, own)
        difference, ends = _compare(ours, theirs, usual)
        if ends is None or ends[0] > 0:
            continue
        share = _cost(own) / _cost(best)
        sentence = (
            f"Trial {number} cannot be told from the winner (difference {difference:+.3f} F1, "
            f"95 % interval {ends[0]:+.3f} to {ends[1]:+.3f}) and takes {share:.0%} of its "
            "training time."
        )
        found.append((share, sentence))
    return tuple(sentence for _, sentence in sorted(found)[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prior:
    """What is known about a good trial of this study before its own further seeds are read."""

    level: float
    variance: float | None  # of true means around `level`; None: too few trials to know
    usual: float

    @classmethod
    def of(cls, by_number: Mapping[int, Sequence[Run]]) -> _Prior:
        usual = _usual(by_number)
        searched = sorted(
            (run.score for own in by_number.values() for run in own if run.selected), reverse=True
        )
        better = searched[: max(3, (len(searched) + 1) // 2)]
        if len(better) < 3:
            return cls(level=0.0, variance=None, usual=usual)
        level = _mean(better)
        total = sum((score - level) ** 2 for score in better) / (len(better) - 1)
        return cls(level=level, variance=max(total - usual**2, 0.005**2), usual=usual)

    def cautious(self, own: Sequence[Run]) -> float:
        """Give the shrunken mean of a trial minus its standard error."""
        mean = _mean([run.score for run in own])
        error = _noise(own, self.usual).standard_error
        if self.variance is None:
            return mean - error
        trust = self.variance / (self.variance + error**2)
        return self.level + trust * (mean - self.level) - math.sqrt(trust) * error

    @staticmethod
    def spread(values: Sequence[float]) -> float | None:
        """Give the plain standard deviation over seeds; None for one seed."""
        if len(values) < 2:
            return None
        mean = _mean(values)
        return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _compare(
    ours: Sequence[Run], theirs: Sequence[Run], usual: float
) -> tuple[float, tuple[float, float] | None]:
    difference = _mean([run.score for run in ours]) - _mean([run.score for run in theirs])
    noises = (_noise(ours, usual), _noise(theirs, usual))
    return difference, difference_interval(_counts(ours), _counts(theirs), difference, noises)


def _on_equal_terms(
    ours: Sequence[Run], theirs: Sequence[Run]
) -> tuple[Sequence[Run], Sequence[Run]]:
    fresh_ours = [run for run in ours if not run.selected]
    fresh_theirs = [run for run in theirs if not run.selected]
    if len(fresh_ours) >= 2 and len(fresh_theirs) >= 2:
        return fresh_ours, fresh_theirs
    return ours, theirs


def _by_number(runs: Sequence[Run]) -> dict[int, list[Run]]:
    """Group the runs by trial, the search's own run first, then by seed."""
    groups: dict[int, list[Run]] = {}
    for run in sorted(_finite(runs), key=lambda run: (run.number, not run.selected, run.seed)):
        groups.setdefault(run.number, []).append(run)
    return groups


def _finite(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if math.isfinite(run.score)]


def _usual(by_number: Mapping[int, Sequence[Run]]) -> float:
    return usual_seed_noise([[run.score for run in own] for own in by_number.values()])


def _noise(own: Sequence[Run], usual: float) -> SeedNoise:
    return seed_noise([run.score for run in own], usual)


def _counts(own: Sequence[Run]) -> list[Counts]:
    """Give the counts of all runs, or nothing when one of them has none."""
    kept = [run.counts for run in own if run.counts]
    return kept if len(kept) == len(own) else []


def _cost(own: Sequence[Run]) -> float:
    """Give what a training costs: its shortest wall time, or its epochs when not timed."""
    return min(run.seconds if run.seconds > 0 else float(run.epochs) for run in own)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


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
