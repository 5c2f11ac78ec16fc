"""A training on its way through a Ray cluster, from one actor to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tuner.engine import Job
from tuner.engines._ray.files import FileFacts

__all__ = ["Training"]


@dataclass(slots=True, kw_only=True)
class Training:
    """A job on its way through the cluster.

    Attributes:
        job: The job, to be resumed once it was lost.
        losses: How often it was lost with an actor.
        waits: Whether it has reported and waits for a verdict.
        copied: What the search has of the run's files, where folders are not shared.
        copied_at: When that was, on the monotonic clock.
    """

    job: Job
    losses: int = 0
    waits: bool = False
    copied: frozenset[FileFacts] = frozenset()
    copied_at: float = 0.0

    def lost(self) -> None:
        """Note that its actor is gone."""
        self.losses += 1
        self.waits = False
        self.copied = frozenset()
        self.job = replace(self.job, resume=True)
