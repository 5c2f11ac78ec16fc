"""What is timed, and what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.support.setting import Setting
from tuner.trial import TrialSpec

__all__ = ["Plan", "Stopwatch", "Timing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One training, the same for every arm."""

    setting: Setting
    spec: TrialSpec
    evaluation_batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one arm needed for one training.

    Attributes:
        seconds: Training and its evaluations.
        processor_seconds: The same in processor time of all threads.
        epochs: Epochs trained.
        tokens: Real sub-tokens trained on, in all epochs.
        padded_tokens: The same with padding.
        f1s: Development F1 after each epoch; empty for the floor.
    """

    seconds: float
    processor_seconds: float
    epochs: int
    tokens: int
    padded_tokens: int
    f1s: tuple[float, ...] = ()

    @property
    def seconds_per_epoch(self) -> float:
        """Wall time of an epoch with its evaluation."""
        return self.seconds / self.epochs

    @property
    def padding(self) -> float:
        """Share of padding among the tokens trained on."""
        return 1.0 - self.tokens / self.padded_tokens


class Stopwatch:
    """Wall and processor time since its making."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return the seconds so far: wall, processor."""
        return time.perf_counter() - self._wall, time.process_time() - self._processor
