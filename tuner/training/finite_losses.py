"""Whether losses are finite, asked without making an accelerator wait at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from tuner.errors import NonFiniteError

__all__ = ["FiniteLosses", "steps_between_looks"]

ACCELERATOR_STEPS = 20
"""Steps from one look to the next on an accelerator, where a look waits until all that was started
is done, and nothing new is started meanwhile."""


def steps_between_looks(device: str) -> int:
    """Return how many losses are looked at together on a kind of device (`cpu`, `cuda`, `mps`)."""
    return 1 if device == "cpu" else ACCELERATOR_STEPS


@dataclass(frozen=True, slots=True)
class _Noted:
    loss: torch.Tensor
    step: int
    learning_rate: float


class FiniteLosses:
    """Keeps the losses of the last steps on their device until they are looked at.

    A training whose loss is not finite is lost, so that it matters little if some more of its steps
    are done; what matters is that `settle` is called before its weights are judged or written.

    Args:
        pause: Losses that are looked at together; 1: each at once.
    """

    def __init__(self, pause: int) -> None:
        self._pause = pause
        self._noted: list[_Noted] = []

    def note(self, loss: torch.Tensor, step: int, learning_rate: float) -> None:
        """Take the loss of a step, a scalar.

        Args:
            loss: On any device.
            step: Number of the step, from 1.
            learning_rate: With which it is made.

        Raises:
            NonFiniteError: This loss or one before it is NaN or infinite.
        """
        self._noted.append(_Noted(loss, step, learning_rate))
        if len(self._noted) >= self._pause:
            self.settle()

    def settle(self) -> None:
        """Look at what was noted since the last look.

        Raises:
            NonFiniteError: A loss is NaN or infinite; tells the first.
        """
        noted, self._noted = self._noted, []
        if not noted:
            return
        losses = torch.stack([one.loss for one in noted]).tolist()
        for one, loss in zip(noted, losses, strict=True):
            if not math.isfinite(loss):
                raise NonFiniteError(
                    f"The training loss became {loss} at step {one.step} "
                    f"(learning rate {one.learning_rate:.2e}).",
                    "Use a lower learning rate or a longer warm-up.",
                    one.step,
                )
