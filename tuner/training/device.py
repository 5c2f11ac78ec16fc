"""Which device trains, in which precision, and how to name it to a person."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from tuner.errors import UsageError

__all__ = ["Device", "choose_device"]

_AMPERE = (8, 0)
"""First CUDA compute capability with bf16 and TF32 tensor cores (CUDA programming guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device and what it is good at.

    Attributes:
        kind: `cuda`, `mps` or `cpu`.
        title: Name for a person, with memory or threads.
        bf16: Whether training runs in bfloat16 mixed precision.
        tf32: Whether float32 matrix products use TF32.
        memory_bytes: Memory of the accelerator, or None for a CPU.
    """

    kind: str
    title: str
    bf16: bool
    tf32: bool
    memory_bytes: int | None

    @property
    def torch_device(self) -> torch.device:
        """The torch device: the first visible one of its kind."""
        return torch.device("cuda:0" if self.kind == "cuda" else self.kind)


def choose_device(name: str | None = None) -> Device:
    """Choose the device that the user named, else the best there is: CUDA, MPS, CPU.

    Args:
        name: `cpu`, `mps`, `cuda` or `cuda:N`; None chooses.

    Raises:
        UsageError: The named device does not exist here.
    """
    kind, _, number = (name or _best()).partition(":")
    if kind not in {"cuda", "mps", "cpu"} or (number and not number.isdigit()):
        raise UsageError(
            f"`--device` must be cpu, mps, cuda or cuda:N, but got {name!r}.",
            f"This machine offers: {', '.join(_offered())}.",
        )
    if kind not in {entry.partition(":")[0] for entry in _offered()}:
        raise UsageError(
            f"There is no {kind!r} device here for `--device {name}`.",
            f"This machine offers: {', '.join(_offered())}.",
        )
    if kind == "cuda":
        return _cuda(int(number or 0))
    if kind == "mps":
        return Device(
            kind="mps", title="mps (Apple GPU)", bf16=False, tf32=False, memory_bytes=None
        )
    threads = torch.get_num_threads()
    title = f"cpu ({threads} thread{'s' if threads != 1 else ''})"
    return Device(kind="cpu", title=title, bf16=False, tf32=False, memory_bytes=None)


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _offered() -> list[str]:
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [*gpus, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def _cuda(number: int) -> Device:
    if number >= torch.cuda.device_count():
        raise UsageError(
            f"There is no GPU number {number}.",
            f"This machine offers: {', '.join(_offered())}.",
        )
    properties = torch.cuda.get_device_properties(number)
    capable = (properties.major, properties.minor) >= _AMPERE
    if number:
        _show_only(number)
    gibibytes = properties.total_memory / 2**30
    return Device(
        kind="cuda",
        title=f"cuda:{number} ({properties.name}, {gibibytes:.0f} GiB)",
        bf16=capable,
        tf32=capable,
        memory_bytes=properties.total_memory,
    )


def _show_only(number: int) -> None:
    """Hide the other GPUs: transformers always trains on the first visible one.

    Raises:
        UsageError: CUDA has been used in this process already, so it is too late.
    """
    if torch.cuda.is_initialized():
        raise UsageError(
            f"GPU {number} cannot be chosen any more, since this process has used CUDA already.",
            f"Start with the environment variable CUDA_VISIBLE_DEVICES={number}.",
        )
    os.environ["CUDA_VISIBLE_DEVICES"] = _physical(number)


def _physical(number: int) -> str:
    """Return the system's name of the GPU that is `number` here: some may be hidden already."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return visible[number].strip() if visible != [""] else str(number)
