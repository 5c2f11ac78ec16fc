"""The random states that dropout draws from, saved before a step that may have to be redone."""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["RandomState"]


@dataclass(frozen=True, slots=True)
class RandomState:
    """torch's generators at one moment.

    Attributes:
        cpu: State of the CPU generator.
        cuda: States of the CUDA generators, one per device; empty without CUDA.
    """

    cpu: torch.Tensor
    cuda: tuple[torch.Tensor, ...]

    @classmethod
    def now(cls) -> RandomState:
        """Save the present state."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return cls(torch.get_rng_state(), tuple(cuda))

    def restore(self) -> None:
        """Go back to the saved state."""
        torch.set_rng_state(self.cpu)
        if self.cuda:
            torch.cuda.set_rng_state_all(list(self.cuda))
