"""How much memory a training will need at its peak, from the model's config alone.

No formula per architecture: one whole training step (forward, loss, backward, clipping, optimizer)
is rehearsed on tensors that have shapes and no data, and every storage that it makes and frees is
counted. What fits is answered from the upper end of the forecast, so that "fits" stays true.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tuner.training._device_memory import device_memory
from tuner.training._forecast_values import MemoryForecast, MicroBatchForecast
from tuner.training._micro_batch_search import search_micro_batch
from tuner.training._rehearsal import rehearse
from tuner.training._rehearsed_optimizers import OPTIMIZERS
from tuner.training._step import PRECISIONS, DeviceKind, Step

__all__ = [
    "OPTIMIZERS",
    "PRECISIONS",
    "DeviceKind",
    "MemoryForecast",
    "MicroBatchForecast",
    "forecast_memory",
    "largest_micro_batch",
]


def forecast_memory(
    config: Any,
    *,
    batch_size: int,
    length: int,
    labels: int | None = None,
    optimizer: str = "adamw_torch_fused",
    precision: str = "fp32",
    device: DeviceKind = "cuda",
    gradient_checkpointing: bool = False,
    accumulate: bool = False,
) -> MemoryForecast:
    """Forecast the peak memory of a training step.

    It takes about a second for a base-sized encoder, whatever the batch.

    Args:
        config: A transformers config, such as `ModelSource.config`.
        batch_size: Sentences in one forward pass, from 1.
        length: Sub-tokens per sentence, from 1.
        labels: Labels of the head; None: what the config says.
        optimizer: One of `OPTIMIZERS`; the default is the Trainer's.
        precision: One of `PRECISIONS`.
        device: Kind of device to train on; it need not be there.
        gradient_checkpointing: Whether activations are computed again in the backward pass.
        accumulate: Whether gradients of an earlier part of the batch are held meanwhile.

    Raises:
        UsageError: A size, optimizer, precision or device is not known or not possible.
        ModelError: The architecture has no token-classification head, or cannot be rehearsed.
    """
    step = Step(
        batch_size=batch_size,
        length=length,
        labels=labels,
        optimizer=optimizer,
        precision=precision,
        device=device,
        gradient_checkpointing=gradient_checkpointing,
        accumulate=accumulate,
    )
    return _forecast(config, step)


def largest_micro_batch(
    config: Any,
    *,
    free_bytes: int,
    length: int,
    most: int = 1024,
    labels: int | None = None,
    optimizer: str = "adamw_torch_fused",
    precision: str = "fp32",
    device: DeviceKind = "cuda",
    gradient_checkpointing: bool = False,
    accumulate: bool = True,
) -> MicroBatchForecast:
    """Find the largest batch whose forecast fits; it takes about six forecasts.

    The arguments are those of `forecast_memory`, except `free_bytes`, the memory that is free
    before the training starts, and `most`, above which nothing is looked for. `accumulate` is true
    unless told otherwise, since micro-batches add up their gradients.

    Raises:
        UsageError: As `forecast_memory`.
        ModelError: As `forecast_memory`.
    """
    step = Step(
        batch_size=1,
        length=length,
        labels=labels,
        optimizer=optimizer,
        precision=precision,
        device=device,
        gradient_checkpointing=gradient_checkpointing,
        accumulate=accumulate,
    )

    def forecast(size: int) -> MemoryForecast:
        return _forecast(config, replace(step, batch_size=size))

    return search_micro_batch(forecast, free_bytes, most)


def _forecast(config: Any, step: Step) -> MemoryForecast:
    rehearsal = rehearse(config, step)
    memory = device_memory(
        step.device, rehearsal.record, gradient_checkpointing=step.gradient_checkpointing
    )
    parts = {**rehearsal.record.at_peak(), **memory.overhead}
    by_size = sorted(parts.items(), key=lambda part: -part[1])
    return MemoryForecast(
        batch_size=step.batch_size,
        length=step.length,
        parameters=rehearsal.parameters,
        parts=MappingProxyType({name: size for name, size in by_size if size}),
        peak=memory.peak,
        total=sum(parts.values()),
        upper=memory.upper,
        assumptions=memory.assumptions,
    )
