"""Which epoch of a training counts, and by which score its settings are compared with others.

**The epoch that counts** is the last one that cannot be told from the best.

The epoch with the highest score is chosen by luck among those that are about as good: the more
evaluations, the luckier. Under a decaying learning rate later epochs are seldom worse, so of all
epochs within the noise of the highest score the last one is kept. On 164 real fine-tunings of 2 to
8 epochs the kept weights are as good or better on held-out sentences (+0.0016 +- 0.0011 F1). On the
16 data sets of surrogate learning curves (52 epochs, half a point of noise) that the search policy
was chosen on, the rule cut the regret of searches by a fifth to a third; on the 18 others that
gain did not repeat (.145, .109, .066, .051 with it at 5, 10, 20, 40 trainings, .190, .094, .049,
.072 without). It is kept for the reported score, which there is .3 to .9 points too high in place
of .9 to 1.3. `benchmarks/policy` has both kinds of curves.

An epoch is kept when it comes within the noise of the highest score *so far*; the last such epoch
is also the last within the noise of the highest score of all. So weights can be saved as the
training goes.

**Settings are compared** by the mean score of the last stretch up to that epoch. The score of one
epoch is part luck; its neighbours, trained at nearly the same weights, tell the level with less of
it. Reported is the score of the epoch itself, whose weights are kept.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from tuner.trial import EpochReport, TrialSpec
from tuner.trunk import is_trunk

__all__ = [
    "is_kept",
    "keep_margin",
    "kept_epoch",
    "kept_place",
    "noise_margin",
    "settled_epochs",
    "settled_score",
]

MOST_MARGIN = 0.02
"""F1 that is given up at most. The real fine-tunings, with 60 to 99 development entities, bear
twice that; it is what a reader of scores will accept."""

SETTLED_SHARE = 0.1
"""Share of a plan over which scores are averaged to compare settings: one epoch of up to 14, two of
15 or 20, three of 30. On the surrogate's curves of 52 epochs, regret over the budgets of 5 to 40
trainings with known-good points first changes by -.009 +- .006 on the 16 data sets that the policy
was chosen on (better on 10, worse on 4) and by -.006 +- .009 on the 18 others (13 and 5). With a
share so large that plans of 8 epochs took part, real fine-tunings of 8 epochs chose better settings
on two of three data sets and worse ones on the third."""


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


def settled_epochs(spec: TrialSpec) -> int:
    """Return over how many epochs `settled_score` averages; 1 for a trunk."""
    return 1 if is_trunk(spec) else max(1, round(SETTLED_SHARE * spec.epochs))


def settled_score(reports: Sequence[EpochReport], spec: TrialSpec) -> float | None:
    """Return the F1 by which the settings of a training are compared with others.

    Args:
        reports: Of the training so far.
        spec: Its hyperparameters.

    Returns:
        The mean over the last epochs up to the one that counts; scores that are not finite take no
        part. None before the first finite score.
    """
    kept = kept_epoch(reports, spec)
    if kept is None:
        return None
    first = kept.epoch - settled_epochs(spec)
    stretch = [one.scores.f1 for one in reports if first < one.epoch <= kept.epoch]
    return statistics.fmean(filter(math.isfinite, stretch))


def is_kept(reports: Sequence[EpochReport], spec: TrialSpec) -> bool:
    """Whether the last epoch so far is the one to keep."""
    return bool(reports) and kept_epoch(reports, spec) is reports[-1]


def _entities(reports: Sequence[EpochReport]) -> int:
    """Return the gold entities of the development split; 0 when no report tells them."""
    told = (report.scores.per_type for report in reports if report.scores.per_type)
    return sum(scores.support for scores in next(told, {}).values())
