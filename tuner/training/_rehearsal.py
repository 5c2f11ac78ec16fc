"""One training step on tensors that have a shape and no data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from tuner.training._allocation_record import AllocationRecord, AllocationRecorder
from tuner.training._kernel_scratch import scratch_of
from tuner.training._rehearsed_kernels import KERNELS
from tuner.training._rehearsed_optimizers import make_optimizer
from tuner.training._stage import stage
from tuner.training._step import Step

__all__ = ["Rehearsal", "count_operations", "rehearse"]

_MAX_GRAD_NORM = 1.0
"""The Trainer's default; clipping needs no memory to speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsed step told.

    Attributes:
        parameters: Parameters of the model with its head.
        record: Every allocation and release.
    """

    parameters: int
    record: AllocationRecord


def rehearse(config: Any, step: Step) -> Rehearsal:
    """Rehearse a training step, the optimizer's state being there already.

    Nothing of the size of the model is allocated. The random state of the process is left alone.

    Raises:
        UsageError: A size, optimizer, precision or device is not known or not possible.
        ModelError: The architecture has no token-classification head, or cannot be rehearsed.
    """
    with stage(config, step) as model:
        recorder = AllocationRecorder(scratch_of(step.device))
        with recorder, KERNELS[step.device]():
            _train(model, step, recorder)
        parameters = sum(parameter.numel() for parameter in model.parameters())
    return Rehearsal(parameters=parameters, record=recorder.record)


def count_operations(config: Any, step: Step) -> int:
    """Count the floating-point operations of matrix products, forward and backward.

    Raises:
        UsageError: As `rehearse`.
        ModelError: As `rehearse`.
    """
    # Of the fused kernels, the counter knows those of a GPU, which compute the same.
    step = replace(step, device="cuda")
    counter = FlopCounterMode(display=False)
    with stage(config, step) as model, counter, KERNELS[step.device]():
        _loss(model, step, AllocationRecorder({})).backward()
    return int(counter.get_total_flops())


def _train(model: Any, step: Step, recorder: AllocationRecorder) -> None:
    with recorder.of_kind("weights"):
        recorder.see((list(model.parameters()), list(model.buffers())))
    optimizer = make_optimizer(step.optimizer, model, step.device)
    _hold_gradients(model, recorder)
    _optimize(model, optimizer, recorder)
    if step.accumulate:
        _hold_gradients(model, recorder)
    loss = _loss(model, step, recorder)
    with recorder.of_kind("temporaries"):
        recorder.is_backward = True
        loss.backward()
        recorder.is_backward = False
    recorder.relabel(_gradients(model), "gradients")
    del loss
    _optimize(model, optimizer, recorder)


def _gradients(model: nn.Module) -> Iterator[torch.Tensor]:
    return (p.grad for p in model.parameters() if p.grad is not None)


def _hold_gradients(model: nn.Module, recorder: AllocationRecorder) -> None:
    with recorder.of_kind("gradients"):
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)


def _optimize(model: Any, optimizer: torch.optim.Optimizer, recorder: AllocationRecorder) -> None:
    """Clip, step and forget the gradients."""
    with recorder.of_kind("temporaries"):
        nn.utils.clip_grad_norm_(model.parameters(), _MAX_GRAD_NORM)
        optimizer.step()
    state = tree_leaves([list(entry.values()) for entry in optimizer.state.values()])
    recorder.relabel([leaf for leaf in state if isinstance(leaf, torch.Tensor)], "optimizer")
    optimizer.zero_grad(set_to_none=True)


def _loss(model: Any, step: Step, recorder: AllocationRecorder) -> torch.Tensor:
    """Run a batch through the model, with a mask for padding, as most batches have."""
    shape = (step.batch_size, step.length)
    with recorder.of_kind("inputs"):
        ids, mask, labels = (torch.ones(shape, dtype=torch.long) for _ in range(3))
    with recorder.of_kind("activations"), _precision(step):
        logits = model(input_ids=ids, attention_mask=mask).logits
    recorder.relabel([logits], "logits and loss")
    with recorder.of_kind("logits and loss"):
        rows = logits.float().reshape(-1, logits.shape[-1])
        return cross_entropy(rows, labels.reshape(-1), reduction="sum") / labels.numel()


@contextmanager
def _precision(step: Step) -> Iterator[None]:
    """Mixed precision; fp16 is rehearsed as bf16, which is as wide."""
    with torch.autocast("cpu", torch.bfloat16, enabled=step.precision in {"bf16", "fp16"}):
        yield
