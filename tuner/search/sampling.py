"""Plain values between the loop and the sampler: what is asked, and what the storage holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.trial import TrialSpec, TrialState

__all__ = ["Asked", "StoredTrial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A trial to be run.

    Attributes:
        number: Its number in the study.
        spec: Its hyperparameters.
        origin: `recipe`, `known good` or `sampler`.
    """

    number: int
    spec: TrialSpec
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrial:
    """A trial as the storage holds it.

    Attributes:
        number: Its number in the study.
        spec: Its hyperparameters.
        origin: `recipe`, `known good` or `sampler`.
        state: RUNNING until it was told.
        value: Best development F1, or None.
        facts: Our own attributes (`best_epoch`, `epochs`, `reason`).
    """

    number: int
    spec: TrialSpec
    origin: str
    state: TrialState
    value: float | None
    facts: Mapping[str, Any]
