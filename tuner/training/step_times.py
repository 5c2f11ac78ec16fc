"""What the times of some training steps say about steps of other sizes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["StepTime", "median_step", "step_cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """One kind of step.

    Attributes:
        tokens: Its tokens, padding included.
        seconds: The median of its times.
    """

    tokens: float
    seconds: float


def median_step(times: Sequence[tuple[int, float]]) -> StepTime:
    """Take the middle of the times per token: other work on the machine slows some steps down."""
    tokens = statistics.median(size for size, _ in times)
    per_token = statistics.median(seconds / size for size, seconds in times)
    return StepTime(tokens=tokens, seconds=per_token * tokens)


def step_cost(steps: Sequence[StepTime]) -> tuple[float, float]:
    """Split the time of steps into what each takes and what each of its tokens takes.

    Least squares with relative errors, both parts kept at 0 or above: steps of all sizes count
    alike. Kinds that hold equally many tokens cannot be told apart; then all of it is the tokens'.

    Args:
        steps: One or more kinds of steps.

    Returns:
        Seconds per step, and seconds per token.
    """
    tokens = np.asarray([step.tokens for step in steps])
    seconds = np.asarray([step.seconds for step in steps])
    weights = 1.0 / np.maximum(seconds, 1e-12)
    scaled = tokens * weights
    per_token = float((seconds * weights * scaled).sum() / (scaled**2).sum())
    if np.ptp(tokens) < 0.05 * tokens.max():
        return 0.0, per_token
    columns = np.stack([weights, scaled], axis=1)
    (fixed, slope), *_ = np.linalg.lstsq(columns, seconds * weights, rcond=None)
    if fixed <= 0:
        return 0.0, per_token
    if slope <= 0:
        return float(np.median(seconds)), 0.0
    return float(fixed), float(slope)
