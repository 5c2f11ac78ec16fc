"""A model loaded once per process and brought back to its pretrained state for every training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import set_seed

from tuner.errors import ModelError
from tuner.trial import TrialSpec

__all__ = ["PristineModel"]


@dataclass(slots=True)
class PristineModel:
    """A model, its pretrained weights, and which of its parameters are new.

    Attributes:
        model: The transformers model, reused by every training.
        weights: Name to a CPU copy of every pretrained parameter and buffer.
        fresh: Modules with parameters that no checkpoint holds (the classification head); they are
            initialised anew, from the training's seed.
        dropouts: Dropout module to the probability that the model's config gives it.
    """

    model: Any
    weights: dict[str, torch.Tensor]
    fresh: tuple[nn.Module, ...]
    dropouts: tuple[tuple[nn.Dropout, float], ...]

    @classmethod
    def of(cls, model: Any, missing: list[str]) -> PristineModel:
        """Remember the state of a model that was just loaded.

        Args:
            model: The model.
            missing: Names of parameters that the checkpoint did not hold.
        """
        owners = dict.fromkeys(name.rpartition(".")[0] for name in missing)
        new = set(missing)
        return cls(
            model=model,
            weights={
                name: tensor.detach().to("cpu", copy=True)
                for name, tensor in model.state_dict().items()
                if name not in new
            },
            fresh=tuple(model.get_submodule(owner) for owner in owners),
            dropouts=tuple(
                (module, float(module.p))
                for module in model.modules()
                if isinstance(module, nn.Dropout)
            ),
        )

    def restore(self, spec: TrialSpec) -> Any:
        """Bring the model to the start of a training and return it.

        The head is drawn from `spec.seed`, so the same settings start from the same weights however
        many trainings the process has run before.

        Raises:
            ModelError: More layers are to be frozen than the encoder has.
        """
        set_seed(spec.seed)
        with torch.no_grad():
            for module in self.fresh:
                self._initialise(module)
            state = self.model.state_dict(keep_vars=True)
            for name, tensor in self.weights.items():
                state[name].copy_(tensor)
        for module, probability in self.dropouts:
            module.p = probability if spec.dropout is None else spec.dropout
        self._freeze(spec.frozen_layers)
        self.model.zero_grad(set_to_none=True)
        return self.model

    def _initialise(self, module: nn.Module) -> None:
        for tensor in module.parameters(recurse=False):
            # transformers skips tensors that carry this mark.
            if hasattr(tensor, "_is_hf_initialized"):
                del tensor._is_hf_initialized
        self.model._init_weights(module)

    def _freeze(self, layers: int) -> None:
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        if not layers:
            return
        encoder_layers, embeddings = _anatomy(self.model)
        if layers > len(encoder_layers):
            raise ModelError(
                f"`frozen_layers <= layers of the model` must hold, but got {layers} of "
                f"{len(encoder_layers)}.",
                f"Use 0 to {len(encoder_layers)}.",
            )
        for module in (*embeddings, *encoder_layers[:layers]):
            module.requires_grad_(False)


def _anatomy(model: Any) -> tuple[list[nn.Module], list[nn.Module]]:
    """Find the encoder's layers (the longest ModuleList) and the embeddings before them."""
    backbone = model.base_model
    lists = [module for module in backbone.modules() if isinstance(module, nn.ModuleList)]
    layers = max((list(entries) for entries in lists), key=len, default=[])
    embeddings = [
        child for name, child in backbone.named_children() if "embed" in name or name == "tok"
    ]
    if not layers:
        raise ModelError(
            f"The layers of {type(model).__name__} were not found, so none can be frozen.",
            "Leave `frozen_layers` at 0.",
        )
    return layers, embeddings
