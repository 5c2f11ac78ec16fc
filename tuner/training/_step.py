"""A training step to forecast, and which steps cannot be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from transformers import AutoModelForTokenClassification

from tuner.errors import ModelError, UsageError
from tuner.training._rehearsed_optimizers import OPTIMIZERS

__all__ = ["PRECISIONS", "DeviceKind", "Step", "check_step"]

DeviceKind = Literal["cpu", "cuda", "mps"]

PRECISIONS: tuple[str, ...] = ("fp32", "bf16", "fp16", "pure_bf16")
"""Everything in fp32; mixed precision (weights in fp32, autocast); everything in bfloat16."""

_DEVICES = ("cpu", "cuda", "mps")
_MOST_LAYERS = 512
"""Each layer is built, if without weights. The deepest encoders published have 48."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A training step; the names are those of `forecast_memory`."""

    batch_size: int
    length: int
    labels: int | None = None
    optimizer: str = "adamw_torch_fused"
    precision: str = "fp32"
    device: str = "cuda"
    gradient_checkpointing: bool = False
    accumulate: bool = False


def check_step(config: Any, step: Step) -> None:
    """Refuse what cannot be rehearsed, before anything is built.

    Raises:
        UsageError: A size, optimizer, precision or device is not known or not possible.
        ModelError: The architecture has no token-classification head, or is absurdly deep.
    """
    sizes = {"batch_size": step.batch_size, "length": step.length, "labels": step.labels}
    for name, size in sizes.items():
        if size is not None and size < 1:
            raise UsageError(f"`{name} >= 1` must hold, but got {size}.", "Use at least 1.")
    _check_name("optimizer", step.optimizer, OPTIMIZERS)
    _check_name("precision", step.precision, PRECISIONS)
    _check_name("device", step.device, _DEVICES)
    if type(config) not in AutoModelForTokenClassification._model_mapping:
        kind = getattr(config, "model_type", None) or type(config).__name__
        raise ModelError(
            f"The architecture {kind!r} has no token-classification head.",
            "Choose an encoder such as BERT, RoBERTa, DeBERTa, DistilBERT or ModernBERT.",
        )
    layers = getattr(config, "num_hidden_layers", None)
    if isinstance(layers, int) and layers > _MOST_LAYERS:
        raise ModelError(
            f"A model may have {_MOST_LAYERS} layers at most to be forecast, but has {layers}.",
            "See whether its config.json is right.",
        )


def _check_name(what: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"No memory can be forecast for the {what} {name!r}.",
            f"{guess}Known: {', '.join(names)}.",
        )
