"""Which devices this machine offers, found without starting any of them."""

from __future__ import annotations

import torch

from tuner.errors import UsageError

__all__ = ["check_devices", "cuda_is_started", "gpu_count", "offered_devices"]


def gpu_count() -> int:
    """Return how many NVIDIA or AMD GPUs this process sees."""
    return torch.cuda.device_count()


def cuda_is_started() -> bool:
    """Return whether this process has used CUDA, so that the GPUs it sees are settled."""
    return bool(torch.cuda.is_initialized())


def offered_devices() -> tuple[str, ...]:
    """Return the names of all devices, the best first."""
    gpus = [f"cuda:{number}" for number in range(gpu_count())]
    return (*gpus, *(["mps"] if torch.backends.mps.is_available() else []), "cpu")


def check_devices(names: tuple[str, ...]) -> None:
    """Refuse devices that are not there.

    Args:
        names: Devices by their full names: `cuda:0`, `cpu`.

    Raises:
        UsageError: One of them is not.
    """
    offered = offered_devices()
    known = (*offered, *(["cuda"] if gpu_count() else []))
    missing = [name for name in names if name not in known]
    if missing:
        raise UsageError(
            f"`--devices` names devices of this machine, but {', '.join(missing)} is not there.",
            f"This machine offers: {', '.join(offered)}.",
        )
