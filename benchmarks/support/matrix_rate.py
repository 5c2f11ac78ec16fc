"""What a machine can compute at most: the rate of its matrix products, and tokens from that."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.support.clock import CLOCKS
from benchmarks.support.setting import Material, open_material
from benchmarks.support.timing import Plan

__all__ = ["MatrixRate", "ceiling", "matrix_rate"]

REPEATS = 9
WARM_UPS = 2
LEAST_PRODUCTS = 2e9
"""Operations per reading, so that it is long against the clock's resolution."""

TRAINING_PASSES = 3
"""Forward, and backward at twice its cost (Kaplan et al. 2020, arXiv 2001.08361)."""


def matrix_rate(rows: int, inner: int, columns: int, device: torch.device, clock: str) -> float:
    """Return the floating-point operations per second of a matrix product, the median of several.

    Args:
        rows: Rows of the left matrix, such as the tokens of a batch.
        inner: Columns of the left and rows of the right matrix.
        columns: Columns of the right matrix.
        device: Where to multiply: in bfloat16 on CUDA, else in float32, as trainings do.
        clock: Name in `CLOCKS`.
    """
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    left = torch.randn(rows, inner, device=device, dtype=dtype)
    right = torch.randn(inner, columns, device=device, dtype=dtype)
    operations = 2.0 * rows * inner * columns
    products = max(1, round(LEAST_PRODUCTS / operations))

    def multiply() -> None:
        for _ in range(products):
            left @ right
        if device.type == "cuda":
            torch.cuda.synchronize()

    readings = [_seconds(multiply, CLOCKS[clock]) for _ in range(WARM_UPS + REPEATS)]
    return products * operations / statistics.median(readings[WARM_UPS:])


def _seconds(work: Callable[[], None], now: Callable[[], float]) -> float:
    began = now()
    work()
    return max(now() - began, 1e-9)


class MatrixRate:
    """How many training tokens a second the matrix products alone would allow.

    Attributes:
        operations: Floating-point operations per second of the products of a feed-forward layer.
        per_token: Operations that training on one token takes, on average over the epoch.
    """

    def __init__(self, operations: float, per_token: float) -> None:
        self.operations = operations
        self.per_token = per_token

    @property
    def tokens(self) -> float:
        """Tokens per second at that rate."""
        return self.operations / self.per_token


def ceiling(plan: Plan, clock: str) -> MatrixRate:
    """Measure the rate at the shapes of a training, and count what a token takes.

    The right matrices are the encoder's feed-forward ones, the left one a batch of average length.
    """
    material = open_material(plan.setting, plan.spec.seed)
    config = material.source.config
    tokens = max(1, round(plan.spec.batch_size * float(material.train.lengths.mean())))
    rate = matrix_rate(
        tokens,
        config.hidden_size,
        config.intermediate_size,
        material.device.torch_device,
        clock,
    )
    return MatrixRate(rate, operations_per_token(material))


def operations_per_token(material: Material) -> float:
    """Count the operations of a training step per real token, in matrix products alone.

    Four projections and two feed-forward products per layer, and two products of attention over the
    token's own sentence; twice for multiplying and adding, three times for forward and backward.
    """
    config = material.source.config
    hidden, inner = int(config.hidden_size), int(config.intermediate_size)
    layers = int(config.num_hidden_layers)
    lengths = material.train.lengths.astype(np.float64)
    seen = float((lengths**2).sum() / lengths.sum())  # length of the sentence that a token is in
    weights = 4 * hidden * hidden + 2 * hidden * inner
    attention = 2 * seen * hidden
    return TRAINING_PASSES * 2.0 * layers * (weights + attention)
