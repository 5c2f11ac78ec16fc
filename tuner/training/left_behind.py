"""What a training leaves in the model that the next training uses too."""

from __future__ import annotations

from typing import Any

import torch
from transformers import Trainer

__all__ = ["take_out"]


def take_out(trainer: Trainer) -> None:
    """Bring the model back to the form in which the trainer was given it, its weights left alone.

    A training that ends by an error is not cleaned up after by transformers.
    """
    model: Any = trainer.model
    if model is None:
        return
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    # With this mark, accelerate would take the next training's model for prepared and leave out its
    # mixed precision and its compilation.
    vars(model).pop("_is_accelerate_prepared", None)
    if trainer.args.torch_compile:
        # Compiled code would stay for the life of the process, unused: it holds for the autocast
        # object of its training. After eight of them torch would no longer compile, silently.
        torch.compiler.reset()
    noise = getattr(trainer, "neftune_hook_handle", None)
    if noise is not None:
        noise.remove()
    # transformers 5.23 has renamed it; the old names warn from then on.
    if hasattr(model, "activation_checkpointing_disable"):
        saves_activations, disable = "activation_checkpointing", "activation_checkpointing_disable"
    else:
        saves_activations, disable = "gradient_checkpointing", "gradient_checkpointing_disable"
    if getattr(trainer.args, saves_activations):
        model.disable_input_require_grads()
        getattr(model, disable)()
