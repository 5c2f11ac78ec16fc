"""Whether more training could still have raised the score: where it stands still, or has fallen."""

from __future__ import annotations

from diagnostics import score_noise, series, statistics
from diagnostics.subjects.run_history import RunHistory

__all__ = ["past_best", "plateau_start"]

_FEWEST = 6
"""Evaluations below which a score that stands still is no plateau."""

_AFTER_BEST = 3
"""Evaluations after the best one from which a lower score is no mere dip."""

_KNOWN_LOSS = 0.02
"""Training loss per word below which the training labels count as known by heart."""

_LOSS_RISEN = 2.0
"""Times its minimum that the evaluation loss has reached where a model learns by heart only."""


def plateau_start(run: RunHistory, *, first_share: float = 0.5) -> series.Point | None:
    """Return the first point within noise of the best, if nothing has been gained from there on.

    None while a steady rise within the noise, a best score at the end, or an evaluation loss that
    falls shows that the training still helps; and with fewer than six scores.

    Args:
        run: The run.
        first_share: Share of the epochs by which the point must lie, from 0 to 1.
    """
    points, best = series.scores(run), series.best_point(run)
    if best is None or len(points) < _FEWEST or best == points[-1]:
        return None
    noise = score_noise.noise_band(run)
    start = next(point for point in points if abs(point.value - best.value) <= noise)
    if start.epoch > first_share * points[-1].epoch:
        return None
    sign = 1 if run.higher_is_better else -1
    since = [sign * point.value for point in points if point.epoch >= start.epoch]
    gains = statistics.rising_p(since) < 0.05 or _loss_falls(run, start.epoch)
    return None if gains else start


def _loss_falls(run: RunHistory, since: float) -> bool:
    losses = [point.value for point in series.eval_losses(run) if point.epoch >= since]
    if len(losses) < statistics.FEWEST_FOR_A_TREND:
        return len(losses) > 1 and losses[-1] < min(losses[:-1])
    return statistics.falling_p(losses) < 0.05


def past_best(run: RunHistory) -> bool:
    """Whether the run is past its best: its score has fallen, stands still, or is overlearned."""
    points, best = series.scores(run), series.best_point(run)
    if best is None:
        return False
    after = sum(point.epoch > best.epoch for point in points)
    sign = 1 if run.higher_is_better else -1
    drop = sign * (best.value - series.end_score(points))
    fell = after >= _AFTER_BEST and drop > score_noise.noise_band(run)
    return fell or plateau_start(run) is not None or _by_heart(run)


def _by_heart(run: RunHistory) -> bool:
    """Whether the training data are known, the evaluation loss has doubled and no score rises."""
    trained, losses = series.train_losses(run), series.eval_losses(run)
    lowest = min(losses, key=lambda point: point.value, default=None)
    if lowest is None or not trained or not 0 <= trained[-1].value < _KNOWN_LOSS:
        return False
    if losses[-1].value < _LOSS_RISEN * lowest.value:
        return False
    sign = 1 if run.higher_is_better else -1
    since = [sign * point.value for point in series.scores(run) if point.epoch >= lowest.epoch]
    return bool(since) and max(since) - since[0] <= score_noise.noise_band(run)
