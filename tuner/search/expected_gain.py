"""What the trials left of a search are expected to gain, against what chance alone moves.

A search is worth going on with as long as it can be expected to find more than the noise by which
the same settings differ when they are trained again: below it nobody could tell that it did. That
is the stopping rule of Makarova et al. 2022 (Automatic Termination for Hyperparameter Optimization,
AutoML-Conf; Optuna's former `Terminator`), which stops when a bound on the regret is below the
statistical error of the score. Two things differ. The bound, which holds for any number of further
trials and seldom closes within forty, is replaced by an expectation over draws of the score surface
(as in Wilson 2024, Stopping Bayesian Optimization with Probabilistic Regret Bounds, NeurIPS) for as
many trials as are left: each is where one draw has its maximum (Thompson sampling). And the
statistical error is that of one development split with its seed, not of a cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.search.luck import CHANCE_SHARE
from tuner.search.score_surface import ScoreSurface, candidates, encoded
from tuner.space import SearchSpace
from tuner.study import Sampler
from tuner.trial import TrialSpec

__all__ = ["FEWEST_TRIALS", "Outlook", "outlook", "rerun_noise"]

FEWEST_TRIALS = 8
"""Trials with a score before anything is said about those to come."""

SEED_NOISE = 0.005
"""F1 by which seeds alone scatter, on a development split of any size. Half a point is the lower
end of what repeated fine-tuning shows (see `tuner.search.seed_noise`)."""

CANDIDATES = 256
DRAWS = 128
MOST_TRIALS = 128
WORST_DISTANCE = 2.0
"""Scores further below the median than so many times the best is above it count as just so far:
trainings that learned nothing would make all others look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the rest of a search promises.

    Attributes:
        gain: Expected gain of the trials left over the best so far, in F1.
        noise: Standard deviation of a score over re-runs of the same settings, in F1.
        trials_left: For how many trials.
        known: From how many scores.
    """

    gain: float
    noise: float
    trials_left: int
    known: int

    @property
    def is_flat(self) -> bool:
        """Whether more than the noise is not to be expected."""
        return self.gain < self.noise


def outlook(
    space: SearchSpace,
    tried: Sequence[tuple[TrialSpec, float]],
    *,
    trials_left: int,
    noise: float,
    sampler: Sampler = "gp",
    seed: int = 0,
) -> Outlook | None:
    """Expect what further trials gain over the best.

    Args:
        space: What is searched.
        tried: Settings and their scores, pruned trials with their best so far.
        trials_left: Trials that can still be begun.
        noise: From `rerun_noise`.
        sampler: How they will be chosen: with `random`, anywhere.
        seed: Decides all draws.

    Returns:
        The outlook; None with too few scores, or when nothing is searched.
    """
    import numpy as np

    known = [(spec, score) for spec, score in tried if math.isfinite(score)]
    if len(known) < FEWEST_TRIALS or not space.parameters:
        return None
    if trials_left <= 0:
        return Outlook(gain=0.0, noise=noise, trials_left=0, known=len(known))
    specs = [spec for spec, _ in known]
    scores = np.asarray([score for _, score in known])
    best, median = float(scores.max()), float(np.median(scores))
    generator = np.random.default_rng((seed, len(known), trials_left))
    points = encoded(space, specs)
    lowest = median - WORST_DISTANCE * (best - median)
    surface = ScoreSurface(points, scores.clip(lowest), noise, generator)
    untried = candidates(space, specs[int(scores.argmax())], CANDIDATES, generator)
    together = np.concatenate([points, untried])
    drawn = surface.draws(together, DRAWS + MOST_TRIALS)
    judged, choosing = drawn[:DRAWS], drawn[DRAWS:]
    leader = int(drawn[:, : len(known)].mean(axis=0).argmax())
    if sampler == "random":
        chosen = len(known) + generator.integers(CANDIDATES, size=MOST_TRIALS)
    else:
        chosen = choosing.argmax(axis=1)
    found = judged[:, chosen[:trials_left]].max(axis=1)
    gain = float(np.maximum(found - judged[:, leader], 0.0).mean())
    return Outlook(gain=gain, noise=noise, trials_left=trials_left, known=len(known))


def rerun_noise(score: float, entities: int) -> float:
    """Give the standard deviation of a score over re-runs of the same settings.

    The binomial standard error of the development split, times the share of it by which equally
    good trainings were seen to scatter, and the seeds' own part, which does not shrink with it.

    Args:
        score: F1 of good settings.
        entities: Gold entities of the development split.
    """
    share = min(max(score, 0.05), 0.95)
    split = CHANCE_SHARE * math.sqrt(share * (1 - share) / max(entities, 1))
    return math.hypot(split, SEED_NOISE)
