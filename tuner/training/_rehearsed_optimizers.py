"""Optimizers that can be rehearsed: the real ones, and one with the real one's allocations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import nn
from transformers.optimization import Adafactor

__all__ = ["OPTIMIZERS", "make_optimizer"]

_BLOCK = 256
_SMALLEST_IN_8_BITS = 4096
"""Of bitsandbytes: elements that share a scale, and fewest elements that are quantised."""


class _EightBitAdamW(torch.optim.Optimizer):
    """Allocates what the 8-bit AdamW of bitsandbytes does, and changes nothing.

    The Trainer keeps the moments of embeddings in 32 bits.
    """

    def __init__(self, model: nn.Module) -> None:
        embeddings = (m for m in model.modules() if isinstance(m, nn.Embedding))
        self._wide = {id(parameter) for module in embeddings for parameter in module.parameters()}
        super().__init__([p for p in model.parameters() if p.requires_grad], {})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Make the state of each parameter that has a gradient."""
        for parameter in self.param_groups[0]["params"]:
            if parameter.grad is not None and parameter not in self.state:
                self.state[parameter] = self._state(parameter)

    def _state(self, parameter: torch.Tensor) -> dict[str, torch.Tensor]:
        if id(parameter) in self._wide or parameter.numel() < _SMALLEST_IN_8_BITS:
            moments = (torch.zeros_like(parameter, dtype=torch.float32) for _ in range(2))
            return dict(zip(("state1", "state2"), moments, strict=True))
        state = {}
        for number in "12":
            state[f"state{number}"] = torch.zeros_like(parameter, dtype=torch.uint8)
            state[f"absmax{number}"] = torch.zeros(-(-parameter.numel() // _BLOCK))
        return state


def _adamw(**how: Any) -> Callable[[nn.Module], torch.optim.Optimizer]:
    return lambda model: torch.optim.AdamW(model.parameters(), lr=1e-5, **how)


def _adafactor(model: nn.Module) -> torch.optim.Optimizer:
    # As the Trainer sets it up.
    return Adafactor(model.parameters(), lr=1e-5, scale_parameter=False, relative_step=False)


def _sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=1e-5)


OPTIMIZERS: Mapping[str, Callable[[nn.Module], torch.optim.Optimizer]] = MappingProxyType(
    {
        "adamw_torch_fused": _adamw(fused=True),
        "adamw_torch": _adamw(foreach=True),
        "adafactor": _adafactor,
        "sgd": _sgd,
        "adamw_bnb_8bit": _EightBitAdamW,
        "adamw_8bit": _EightBitAdamW,
    }
)
"""Name among transformers' `TrainingArguments.optim` to the optimizer of a model."""


def make_optimizer(name: str, model: nn.Module, device: str) -> torch.optim.Optimizer:
    """Return the optimizer as PyTorch sets it up on a kind of device."""
    if name == "adamw_torch" and device == "cpu":
        return torch.optim.AdamW(model.parameters(), lr=1e-5, foreach=False)
    return OPTIMIZERS[name](model)
