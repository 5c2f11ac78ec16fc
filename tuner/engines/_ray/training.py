"""A training on its way through a Ray cluster, from one actor to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tuner.engine import Job
from tuner.engines._ray.files import FileFacts
from tuner.engines._standstill import MOST_STANDSTILLS

__all__ = ["MOST_LOSSES", "Training"]

MOST_LOSSES = 3
"""How often a training may be lost with what ran it, or an actor before it is ready."""


@dataclass(slots=True, kw_only=True)
class Training:
    """A job on its way through the cluster.

    Attributes:
        job: The job, to be resumed once it was lost.
        losses: How often it was lost with an actor.
        standstills: How often of these because it ended no step any more.
        waits: Whether it has reported and waits for a verdict.
        copied: What the search has of the run's files, where folders are not shared.
        copied_at: When that was, on the monotonic clock; long ago before the first time.
        copy_seconds: How long that took.
    """

    job: Job
    losses: int = 0
    standstills: int = 0
    waits: bool = False
    copied: frozenset[FileFacts] = frozenset()
    copied_at: float = -math.inf
    copy_seconds: float = 0.0

    @property
    def is_hopeless(self) -> bool:
        """Whether it was lost too often to be begun again; one that stands still is, once."""
        return self.losses >= MOST_LOSSES or self.standstills >= MOST_STANDSTILLS

    def lost(self) -> None:
        """Note that its actor is gone."""
        self.losses += 1
        self.waits = False
        self.copied = frozenset()
        self.job = replace(self.job, resume=True)
