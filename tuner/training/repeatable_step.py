"""An optimizer step that is repeated when memory runs out in it."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import torch

from tuner.errors import OutOfMemoryError
from tuner.training.memory import SimulatedMemory, is_out_of_memory, release_memory

__all__ = ["make_repeatable"]


def make_repeatable(
    optimizer: torch.optim.Optimizer,
    simulated: SimulatedMemory,
    *,
    has_state: bool,
    on_repeat: Callable[[], None],
) -> torch.optim.Optimizer:
    """Let the optimizer's step be repeated once when memory runs out.

    transformers' default AdamW is fused: it allocates its state first and updates in place
    afterwards, so that a step which failed has changed no weight. By the time of the repetition
    the activations are gone and the allocator's cache was given back.

    Args:
        optimizer: Any optimizer; its `step` is replaced.
        simulated: Rehearsed failures.
        has_state: Whether its state comes from a checkpoint.
        on_repeat: Called after a repetition that succeeded.

    Returns:
        The same optimizer. Its step raises OutOfMemoryError when the repetition fails too.
    """
    plain_step = optimizer.step
    stepped = has_state

    def succeeds(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
        nonlocal stepped
        try:
            simulated.touch_optimizer()
            plain_step(*arguments, **keywords)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        stepped = True
        return True

    def step(_: torch.optim.Optimizer, *arguments: Any, **keywords: Any) -> None:
        if succeeds(arguments, keywords):
            return
        release_memory()
        if not stepped:
            optimizer.state.clear()  # half-allocated zeros of the first step
        if not succeeds(arguments, keywords):
            size = sum(p.numel() for group in optimizer.param_groups for p in group["params"])
            raise OutOfMemoryError(
                f"The optimizer's state for {size:,} parameters does not fit into memory.",
                "Freeze layers or choose a smaller model.",
            )
        on_repeat()

    optimizer.step = types.MethodType(step, optimizer)  # type: ignore[method-assign]
    return optimizer
