"""What a run logged after a loss that was not finite: whether its weights survived."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diagnostics import series
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = ["trained_on"]

_KEPT = 0.8
"""Share of the best score before that a model with destroyed weights does not reach again."""


def trained_on(run: RunHistory, last: float | None, *, alive: float) -> bool:
    """Whether a figure behind the last non-finite training loss comes from finite weights.

    One NaN among the weights makes every later loss NaN. A loss of exactly 0 tells nothing: the
    Trainer of transformers writes NaN so.

    Args:
        run: A history with a training loss that is not finite.
        last: The last epoch at which it was not; None when that is not known.
        alive: F1 that no destroyed model reaches.
    """
    lost = max((step.step for step in run.steps if _lost(step.loss)), default=None)
    if lost is not None and any(_finite(step.loss) for step in run.steps if step.step > lost):
        return True
    if last is None:
        return False
    after = [point for point in run.epochs if point.number >= last and not _before(point, lost)]
    if any(_finite(point.train_loss) for point in after if point.number > last):
        return True
    losses = [point.eval_loss for point in after if point.eval_loss is not None]
    if losses:
        return _finite(losses[-1])
    return _live_scores(run, last, alive)


def _before(point: Epoch, step: int | None) -> bool:
    return step is not None and point.step is not None and point.step < step


def _live_scores(run: RunHistory, last: float, alive: float) -> bool:
    """Whether F1 after it is about what it was before; accuracy is high for destroyed models."""
    if not series.share_metric(run) or "f1" not in (run.monitor or ""):
        return False
    points: Sequence[series.Point] = series.scores(run)
    best = max((point.value for point in points if point.epoch < last), default=0.0)
    after = [point.value for point in points if point.epoch >= last]
    return bool(after) and after[-1] > max(alive, _KEPT * best)


def _lost(loss: float | None) -> bool:
    return loss is not None and not math.isfinite(loss)


def _finite(loss: float | None) -> bool:
    return loss is not None and math.isfinite(loss) and loss != 0
