"""Whether losses stand still, and whether they are those of a model that only guesses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from diagnostics import series, statistics, step_series
from diagnostics.subjects.run_history import RunHistory

__all__ = ["always_one_answer", "chance_loss", "loss_tracks", "stands_still"]


def always_one_answer(run: RunHistory, *, converged: float, near: float) -> bool:
    """Whether accuracy and loss are those of always giving the most frequent answer.

    A constant answer is right in a share `a` of the cases, and at best has the entropy of `a`
    as its loss (exactly so for two classes).

    Args:
        run: The run.
        converged: Accuracy from which a constant one is taken for a converged run.
        near: Distance of the loss from that entropy, as a share of it.
    """
    accuracies = {point.value for point in series.scores(run, "accuracy")}
    losses = series.eval_losses(run)
    if len(accuracies) != 1 or len(losses) < statistics.FEWEST_FOR_A_TREND:
        return False
    share = accuracies.pop()
    if not 0 < share < converged:
        return False
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    return abs(losses[-1].value - entropy) <= near * entropy


def chance_loss(run: RunHistory, *, near: float) -> float | None:
    """Return the loss of guessing evenly, if every logged training loss is that; else None.

    Among 2 classes where the run does not tell how many there are.

    Args:
        run: The run.
        near: Distance of a loss from that of guessing, as a share of it.
    """
    losses = [point.value for point in series.train_losses(run)]
    classes = series.whole(run.config.get("num_labels")) or 2
    chance = math.log(max(2, classes))
    if len(losses) < 2 or any(abs(loss - chance) > near * chance for loss in losses):
        return None
    return chance


def stands_still(values: Sequence[float], least: float) -> bool:
    """Whether a series of losses stays where it began, beyond its jitter.

    Args:
        values: The losses, in the order of training; at least two.
        least: Gain below which it has not moved, as a share of its first value.
    """
    gain = -statistics.theil_sen_slope(values) * (len(values) - 1)
    noise = 2 * (statistics.jitter(values) or 0.0)
    still = min(values) > 0.9 * values[0] > 0  # the slope of a valley is nought, too
    return still and gain < max(least * values[0], min(noise, 0.1 * values[0]))


def loss_tracks(run: RunHistory, *, enough: int) -> list[list[float]]:
    """Return the losses by evaluation; with too few of these the medians of those by step.

    Args:
        run: The run.
        enough: Losses by step below which they stand for nothing.
    """
    if len(series.evaluations(run)) >= statistics.FEWEST_FOR_A_TREND:
        tracks = (series.train_losses(run), series.eval_losses(run))
        return [
            [point.value for point in track]
            for track in tracks
            if len(track) >= statistics.FEWEST_FOR_A_TREND
        ]
    logged = [point.value for point in step_series.losses(run)]
    if len(logged) < enough or min(logged) < 0:
        return []
    edges = [round(index * len(logged) / 10) for index in range(11)]
    return [[median(logged[start:end]) for start, end in pairwise(edges)]]
