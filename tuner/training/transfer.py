"""Batches on their way to the device."""

from __future__ import annotations

from collections.abc import Mapping

import torch

__all__ = ["to_device"]


def to_device(batch: Mapping[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    """Copy a batch to a device; on a CPU it is the same memory.

    A GPU fetches it from page-locked memory by itself. From other memory the processor would wait
    until all that was started before the copy is done.
    """
    if device.type != "cuda":
        return {name: tensor.to(device) for name, tensor in batch.items()}
    return {
        name: tensor.pin_memory().to(device, non_blocking=True) for name, tensor in batch.items()
    }
