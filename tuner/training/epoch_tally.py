"""What a training counts between two reports."""

from __future__ import annotations

import time
from typing import Any

import torch

from diagnostics.subjects.run_history import RunEvent
from tuner.training.checkpoints import RunningEpoch

__all__ = ["EpochTally"]


class EpochTally:
    """Counts losses, tokens, time, events and logs, from nothing or from a checkpoint on.

    Args:
        running: What a checkpoint has counted; None for nothing.

    Attributes:
        began: When it began, on the monotonic clock.
        tokens: Real sub-tokens.
        padded_tokens: The same with padding.
        events: What happened.
        logs: Step-level entries.
    """

    def __init__(self, running: RunningEpoch | None = None) -> None:
        before = running or RunningEpoch()
        self.began = time.monotonic() - before.seconds
        self.tokens, self.padded_tokens = before.tokens, before.padded_tokens
        self.events: list[RunEvent] = list(before.events)
        self.logs: list[dict[str, Any]] = [dict(entry) for entry in before.logs]
        self._loss: torch.Tensor | float = before.loss
        self._words = before.words

    def add(self, loss: torch.Tensor, words: int, tokens: int, padded_tokens: int) -> None:
        """Count a step; its loss is the mean over its words, and stays on the device."""
        self._loss = self._loss + loss * words
        self._words += words
        self.tokens += tokens
        self.padded_tokens += padded_tokens

    @property
    def loss(self) -> float:
        """Mean loss over all words."""
        return float(self._loss) / max(1, self._words)

    @property
    def seconds(self) -> float:
        """Wall time."""
        return time.monotonic() - self.began

    @property
    def grad_norm(self) -> float | None:
        """The gradient norm that was logged last, or None."""
        return next((log["grad_norm"] for log in reversed(self.logs) if "grad_norm" in log), None)

    def running(self) -> RunningEpoch:
        """Return what a checkpoint keeps of this."""
        return RunningEpoch(
            loss=float(self._loss),
            words=self._words,
            tokens=self.tokens,
            padded_tokens=self.padded_tokens,
            seconds=self.seconds,
            events=tuple(self.events),
            logs=tuple(self.logs),
        )
