"""A model without data: what its config says, on tensors that have a shape and nothing in it."""

from __future__ import annotations

import copy
import logging
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoModelForTokenClassification

from tuner.errors import ModelError, UsageError
from tuner.training._rehearsed_kernels import KERNELS, Kernels
from tuner.training._step import Step, check_step
from tuner.training.model_source import NO_CODE

__all__ = ["stage"]

_LONGEST_REASON = 200


@contextmanager
def stage(config: Any, step: Step) -> Iterator[Any]:
    """Yield a model without data, inside the mode in which all tensors are without.

    Raises:
        UsageError: A size, optimizer, precision or device is not known or not possible.
        ModelError: The architecture has no token-classification head, or cannot be rehearsed.
    """
    check_step(config, step)
    try:
        with torch.random.fork_rng(devices=[]), _silence():
            model = _shapes(config, step)
            with FakeTensorMode(allow_non_fake_inputs=True) as fakes:
                _become_fake(model, fakes)
                yield model
    except Exception as error:  # a config may be wrong in any way, and torch has no base class
        raise _explained(error, config, step) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Keep PyTorch from logging a traceback for each operator that a shape does not fit."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _explained(error: Exception, config: Any, step: Step) -> UsageError | ModelError:
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and step.length > positions:
        return UsageError(
            f"`length <= {positions}` must hold for this model, but got {step.length}.",
            "Use a smaller length.",
        )
    reason = textwrap.shorten(str(error), _LONGEST_REASON, placeholder=" …")
    return ModelError(
        f"No training of the architecture {config.model_type!r} can be forecast: {reason}",
        "See whether its config.json is right; else train a few steps and see what they take.",
    )


def _shapes(config: Any, step: Step) -> Any:
    """Build the model on the meta device, as it would be trained."""
    config = copy.deepcopy(config)
    if step.labels is not None:
        config.num_labels = step.labels
    dtype = torch.bfloat16 if step.precision == "pure_bf16" else torch.float32
    with torch.device("meta"):
        model = AutoModelForTokenClassification.from_config(config, dtype=dtype, **NO_CODE)
    if step.gradient_checkpointing:
        _checkpoint(model, KERNELS[step.device])
    return model.train()


def _checkpoint(model: Any, kernels: type[Kernels]) -> None:
    """Turn gradient checkpointing on as the Trainer does, with our kernels there once more."""
    settings = {"use_reentrant": False, "context_fn": lambda: (nullcontext(), kernels())}
    # The second name is that of transformers before 5.23.
    enable = getattr(model, "activation_checkpointing_enable", None)
    (enable or model.gradient_checkpointing_enable)(settings)


def _become_fake(model: nn.Module, fakes: FakeTensorMode) -> None:
    """Let the meta tensors claim to be on a CPU: mixed precision leaves meta tensors alone."""
    made: dict[torch.Tensor, Any] = {}
    convert = fakes.fake_tensor_converter.from_meta_and_device

    def fake(tensor: torch.Tensor) -> Any:
        data = convert(fakes, tensor.detach(), torch.device("cpu"))
        if not isinstance(tensor, nn.Parameter):
            return data
        return nn.Parameter(data, tensor.requires_grad)

    for module in model.modules():
        for owned in (module._parameters, module._buffers):
            for name, tensor in owned.items():
                if tensor is not None and tensor.is_meta:
                    if tensor not in made:  # tied weights stay tied
                        made[tensor] = fake(tensor)
                    owned[name] = made[tensor]
