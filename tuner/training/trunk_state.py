"""What a trunk is at one moment, kept in host memory while a branch is trained.

It costs the trained weights, the buffers and the optimizer's moments once: with AdamW in 32 bits,
12 bytes per trained parameter. Frozen weights do not change and are not kept.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tuner.training.random_state import RandomState

__all__ = ["TrunkState"]

_SET_BY_THE_COURSE = ("params", "lr")


@dataclass(frozen=True, slots=True)
class TrunkState:
    """Weights, optimizer, gradient scaler and random state at one moment.

    Attributes:
        weights: Name to a copy of each trained parameter and each buffer.
        moments: The optimizer's state per parameter, in the order of its groups; None where it had
            none yet.
        groups: What the optimizer's groups say, without parameters and rate.
        scaler: State of the gradient scaler; None without one.
        random: torch's generators.
    """

    weights: Mapping[str, torch.Tensor]
    moments: tuple[Mapping[str, Any] | None, ...]
    groups: tuple[Mapping[str, Any], ...]
    scaler: Mapping[str, Any] | None
    random: RandomState

    @classmethod
    def of(
        cls, model: torch.nn.Module, optimizer: torch.optim.Optimizer, scaler: Any
    ) -> TrunkState:
        """Keep the present state.

        Args:
            model: The model in training.
            optimizer: Its optimizer.
            scaler: A gradient scaler, or None.
        """
        return cls(
            weights={name: _kept(tensor) for name, tensor in _changing(model)},
            moments=tuple(
                {name: _kept(value) for name, value in optimizer.state[parameter].items()}
                if parameter in optimizer.state
                else None
                for parameter in _parameters(optimizer)
            ),
            groups=tuple(copy.deepcopy(_settings(group)) for group in optimizer.param_groups),
            scaler=None if scaler is None else copy.deepcopy(scaler.state_dict()),
            random=RandomState.now(),
        )

    def restore(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer, scaler: Any
    ) -> None:
        """Go back to this state; the arguments are those that it was made of."""
        with torch.no_grad():
            for name, tensor in _changing(model):
                tensor.copy_(self.weights[name])
            for parameter, kept in zip(_parameters(optimizer), self.moments, strict=True):
                if kept is None:
                    optimizer.state.pop(parameter, None)
                else:
                    _put_back(optimizer.state[parameter], kept)
        for group, settings in zip(optimizer.param_groups, self.groups, strict=True):
            group.update(copy.deepcopy(dict(settings)))
        if scaler is not None:
            scaler.load_state_dict(dict(self.scaler or {}))
        self.random.restore()

    @property
    def bytes(self) -> int:
        """Memory that the copies take."""
        moments = (value for state in self.moments for value in (state or {}).values())
        tensors = (value for value in (*self.weights.values(), *moments))
        return sum(value.nbytes for value in tensors if isinstance(value, torch.Tensor))


def _changing(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name, parameter
    yield from model.named_buffers()


def _parameters(optimizer: torch.optim.Optimizer) -> Iterator[torch.Tensor]:
    for group in optimizer.param_groups:
        yield from group["params"]


def _settings(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name not in _SET_BY_THE_COURSE}


def _kept(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    return copy.deepcopy(value)


def _put_back(state: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Fill the optimizer's own tensors, whose places a fused step may hold on to."""
    for name in [known for known in state if known not in kept]:
        del state[name]
    for name, value in kept.items():
        if isinstance(value, torch.Tensor) and isinstance(state.get(name), torch.Tensor):
            state[name].copy_(value)
        else:
            state[name] = copy.deepcopy(value)
