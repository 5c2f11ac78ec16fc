"""Which epoch of a training counts: the last one that cannot be told from the best.

The epoch with the highest score is chosen by luck among those that are about as good: the more
evaluations, the luckier. Under a decaying learning rate later epochs are seldom worse, so of all
epochs within the noise of the highest score the last one is kept. On surrogate learning curves of
52 epochs with half a point of noise this cuts what the choice of the epoch costs by half; on 164
real fine-tunings of 2 to 8 epochs the kept weights are as good or better on held-out sentences
(+0.0016 +- 0.0011 F1). `benchmarks/policy` has both kinds of curves.

An epoch is kept when it comes within the noise of the highest score *so far*; the last such epoch
is also the last within the noise of the highest score of all. So weights can be saved as the
training goes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tuner.trial import EpochReport, TrialSpec
from tuner.trunk import is_trunk

__all__ = ["is_kept", "keep_margin", "kept_epoch", "kept_place", "noise_margin"]

MOST_MARGIN = 0.02
"""F1 that is given up at most. The real fine-tunings, with 60 to 99 development entities, bear
twice that; it is what a reader of scores will accept."""


def noise_margin(entities: int) -> float:
    """Give the F1 difference between two trainings that a development split can make by chance.

    The standard error of a proportion near 0.85 among `entities` draws, kept between 0.01 and 0.05.
    Both trainings meet the same sentences, which makes their difference less noisy than two
    independent scores; the seed's noise, of about the same size, makes up for it.
    """
    if entities <= 0:
        return 0.05
    return min(max(math.sqrt(0.85 * 0.15 / entities), 0.01), 0.05)


def keep_margin(entities: int) -> float:
    """Give the F1 within which epochs of one training count as equal; 0 when nothing is known.

    Args:
        entities: Gold entities of the development split, or 0.
    """
    return min(noise_margin(entities), MOST_MARGIN) if entities > 0 else 0.0


def kept_place(scores: Sequence[float], margin: float) -> int | None:
    """Return the place of the last score within a margin of the highest; None without a finite one.

    With a margin of 0 it is the first of the highest scores.

    Args:
        scores: One per epoch, in their order; those that are not finite take no part.
        margin: From `keep_margin`.
    """
    finite = [place for place, score in enumerate(scores) if math.isfinite(score)]
    if not finite:
        return None
    highest = max(scores[place] for place in finite)
    if margin <= 0:
        return scores.index(highest)
    return next(place for place in reversed(finite) if scores[place] >= highest - margin)


def kept_epoch(reports: Sequence[EpochReport], spec: TrialSpec) -> EpochReport | None:
    """Return the epoch whose weights and scores count, or None before the first finite score.

    Of a trunk it is the branch with the highest score: its branches are trainings of their own.

    Args:
        reports: Of the training so far.
        spec: Its hyperparameters.
    """
    margin = 0.0 if is_trunk(spec) else keep_margin(_entities(reports))
    place = kept_place([report.scores.f1 for report in reports], margin)
    return None if place is None else reports[place]


def is_kept(reports: Sequence[EpochReport], spec: TrialSpec) -> bool:
    """Whether the last epoch so far is the one to keep."""
    return bool(reports) and kept_epoch(reports, spec) is reports[-1]


def _entities(reports: Sequence[EpochReport]) -> int:
    """Return the gold entities of the development split; 0 when no report tells them."""
    told = (report.scores.per_type for report in reports if report.scores.per_type)
    return sum(scores.support for scores in next(told, {}).values())
