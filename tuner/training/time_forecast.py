"""How long an epoch will take, roughly, before any model is loaded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch

from tuner.training._rehearsal import count_operations
from tuner.training._step import DeviceKind, Step

__all__ = ["EpochTimeForecast", "forecast_epoch_time"]

_ROWS = 1024
_USUAL_WIDTH = 768
_TIMED_SECONDS = 0.2

_SHARE_OF_SPEED = 0.5
_LEAST_SHARE = 0.2
_MOST_SHARE = 1.0
"""Share of the speed of large matrix products that a training reaches: the middle, and the ends of
the range. Judgement; the rest of a step moves memory, and small models start many kernels."""

_BATCH = 8
"""Sentences whose operations are counted; per token they do not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochTimeForecast:
    """A rough expectation of the seconds of an epoch of training.

    Attributes:
        seconds: Expected.
        low: Lower end.
        high: Upper end.
        how: Where it comes from, one sentence.
    """

    seconds: float
    low: float
    high: float
    how: str


def forecast_epoch_time(
    config: Any,
    *,
    tokens: int,
    length: int,
    labels: int | None = None,
    precision: str = "fp32",
    device: DeviceKind = "cpu",
    gradient_checkpointing: bool = False,
) -> EpochTimeForecast | None:
    """Estimate an epoch from the operations of a step and the speed of this device.

    The device multiplies matrices for a fifth of a second. What a few steps of the real training
    take, as `tuner.training.probe` measures it, is better and needs the weights.

    Args:
        config: A transformers config.
        tokens: Sub-tokens of an epoch, padding included.
        length: Usual sub-tokens per sentence.
        labels: Labels of the head; None: what the config says.
        precision: One of `PRECISIONS`.
        device: Where to train.
        gradient_checkpointing: Whether activations are computed again in the backward pass.

    Returns:
        The estimate; None when there is no such device here that could be timed.

    Raises:
        UsageError: As `forecast_memory`.
        ModelError: As `forecast_memory`.
    """
    step = Step(
        batch_size=_BATCH,
        length=length,
        labels=labels,
        precision=precision,
        device=device,
        gradient_checkpointing=gradient_checkpointing,
    )
    operations = count_operations(config, step) / (_BATCH * length) * tokens
    if not _is_here(device):
        return None
    speed = _operations_per_second(device, precision, getattr(config, "hidden_size", None))
    return EpochTimeForecast(
        seconds=operations / speed / _SHARE_OF_SPEED,
        low=operations / speed / _MOST_SHARE,
        high=operations / speed / _LEAST_SHARE,
        how=(
            f"Rough: {operations / 1e12:.3g} TFLOP of matrix products per epoch; this device "
            f"reaches {speed / 1e12:.3g} TFLOP/s, and a training half of that."
        ),
    )


def _is_here(device: DeviceKind) -> bool:
    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def _operations_per_second(device: DeviceKind, precision: str, width: Any) -> float:
    """Multiply matrices of a feed-forward layer, and return the speed of the fastest product."""
    width = width if isinstance(width, int) and 0 < width <= 8192 else _USUAL_WIDTH
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    left = torch.ones(_ROWS, width, device=device, dtype=dtype)
    right = torch.ones(width, 4 * width, device=device, dtype=dtype)
    fastest, began = 0.0, time.perf_counter()
    while fastest == 0 or time.perf_counter() - began < _TIMED_SECONDS:
        started = time.perf_counter()
        product = left @ right
        product[0, 0].item()  # waits for the device
        seconds = time.perf_counter() - started
        fastest = max(fastest, 2 * _ROWS * width * 4 * width / seconds)
    return fastest
