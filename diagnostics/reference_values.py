"""What usually works: weak priors that rules compare with, never evidence by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics import series
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LearningRateRange", "batch_size_for", "epochs_for_steps", "learning_rate_range"]

USUAL_STEPS = 400
"""Optimizer steps after which a token classifier has usually left F1 = 0 and begun to flatten. A
public run of 13 steps per epoch reached F1 0.757 after 260; 39 steps normally end at F1 = 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRateRange:
    """The learning rates at which AdamW usually fine-tunes an encoder of some kind."""

    low: float
    high: float
    kind: str


def learning_rate_range(run: RunHistory) -> LearningRateRange:
    """Return the usual range for the run's encoder: by its parameters, else that of a base model.

    By number of parameters, from the recipes of the models' authors and public model cards: below
    30 million 1e-4 to 3e-4, base 2e-5 to 5e-5, above 200 million 1e-5 to 3e-5.
    """
    parameters = series.number(run.config.get("parameters"))
    if parameters is not None and parameters < 30e6:
        return LearningRateRange(low=1e-4, high=3e-4, kind="small encoder")
    if parameters is not None and parameters > 200e6:
        return LearningRateRange(low=1e-5, high=3e-5, kind="large encoder")
    if parameters is not None:
        return LearningRateRange(low=2e-5, high=5e-5, kind="base encoder")
    # An unknown encoder may be small or large: only what is unusual for all of them is unusual.
    return LearningRateRange(low=1e-5, high=3e-4, kind="encoder of any size")


def epochs_for_steps(steps_per_epoch: float) -> int:
    """Return how many epochs give `USUAL_STEPS` optimizer steps, from 3 to 30."""
    return min(30, max(3, -(-USUAL_STEPS // round(min(USUAL_STEPS, max(1.0, steps_per_epoch))))))


def batch_size_for(sentences: int) -> int:
    """Return the largest power of two that gives 20 steps per epoch, kept between 4 and 32."""
    return min(32, max(4, 1 << max(1, sentences // 20).bit_length() - 1))
