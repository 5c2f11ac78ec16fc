"""What the times of some training steps say about steps of other sizes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["StepTime", "median_step", "scatter", "step_cost"]

MIDDLE = (16, 84)
"""Percentiles: for a normal distribution, a standard deviation on either side of the median."""


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


def scatter(
    times: Sequence[Sequence[tuple[int, float]]], per_step: float, per_token: float
) -> float:
    """Give the relative standard deviation of measured steps around what was made of them.

    Two parts, as the root of the sum of their squares: how far steps of one kind lie apart (half
    of what holds the middle 68 % of them, the median over the kinds), and how far the middles of
    the kinds lie from the line.

    Args:
        times: Per kind, tokens and seconds of each step.
        per_step: Seconds per step that were made of them.
        per_token: Seconds per token.

    Returns:
        A share, such as 0.1; 0 when each kind was measured once and lies on the line.
    """
    apart, off = [], []
    for own in times:
        middle = median_step(own)
        expected = max(per_step + per_token * middle.tokens, 1e-12)
        each = [seconds / size * middle.tokens / expected for size, seconds in own]
        low, high = np.percentile(each, MIDDLE)
        apart.append((high - low) / 2)
        off.append(middle.seconds / expected - 1)
    return float(np.hypot(np.median(apart), np.sqrt(np.mean(np.square(off)))))
