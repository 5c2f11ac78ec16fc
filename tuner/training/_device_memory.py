"""What a device and its allocator take beside the tensors, and how far a forecast may be off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.training._allocation_record import AllocationRecord
from tuner.training._caching_allocator import replay

__all__ = ["DeviceMemory", "device_memory"]

_MEBIBYTE = 1024**2

_CPU_FRAMEWORK = 420 * _MEBIBYTE
"""Resident memory of a process with torch, transformers and a model's code, beside the tensors;
measured with torch 2.13 and transformers 5.23 on Linux."""

_CPU_UPPER_FRAMEWORK = 580 * _MEBIBYTE
"""The same with room for the arenas of further threads and for libraries' scratch memory; chosen
after one of 22 measured trainings had taken 7 % more than it was given."""

_CPU_GAPS = 0.20
"""What the C library's heap holds beyond the tensors, as a share of them; measured with glibc on
four small and base-sized encoders, whose batches were all of one length."""

_CPU_UPPER_GAPS = 0.40
"""The same with room for batches of changing lengths, for which 0.27 was measured."""

_CPU_CHECKPOINTING_GAPS = 1.40
"""The same with gradient checkpointing, which takes and frees large blocks all the time: of three
such trainings that were measured, the worst left gaps of 0.74 above the upper framework."""

_CUDA_CONTEXT = 512 * _MEBIBYTE
_CUDA_UPPER_CONTEXT = 896 * _MEBIBYTE
"""Context and kernels of a process on a GPU. Judgement: it depends on GPU, driver and PyTorch, and
0.3 to 0.6 GiB are usually reported."""

_CUBLAS_WORKSPACES = 2 * (2 * 4096 + 8 * 16) * 1024
_CUBLAS_UPPER_WORKSPACES = 2 * 2 * 32 * _MEBIBYTE
"""Of the forward and the backward thread: PyTorch's default before Hopper, and 32 MiB each on
Hopper and later, for cuBLAS and cuBLASLt (`parseChosenWorkspaceSize` in
`aten/src/ATen/cuda/CublasHandlePool.cpp`)."""

_CUDA_UPPER_GAPS = 0.10
"""Gaps between blocks, as a share of what batches of one length reserve. Judgement: in replays of
60 batches of changing lengths, three encoders needed 0.90 to 0.96 of that before the allocator gave
up, since it returns unused segments first; no GPU was there to confirm it."""

_MPS_UPPER_GAPS = 0.25
"""Judgement: no forecast for Apple's GPUs has been compared with a measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMemory:
    """What a record of allocations means for the memory of a device, in bytes.

    Attributes:
        peak: As in `MemoryForecast`.
        upper: As in `MemoryForecast`.
        overhead: The parts that are no tensors.
        assumptions: As in `MemoryForecast`.
    """

    peak: int
    upper: int
    overhead: Mapping[str, int]
    assumptions: tuple[str, ...]


def device_memory(
    device: str, record: AllocationRecord, *, gradient_checkpointing: bool = False
) -> DeviceMemory:
    """Add what a kind of device (`cpu`, `cuda`, `mps`) takes beside the tensors."""
    kinds = record.at_peak()
    tensors = sum(kinds.values())
    if device == "cuda":
        return _cuda(tensors, record)
    if device == "mps":
        return _mps(tensors)
    gaps = _CPU_CHECKPOINTING_GAPS if gradient_checkpointing else _CPU_UPPER_GAPS
    return _cpu(tensors, kinds["weights"], gaps)


def _cpu(tensors: int, weights: int, gaps: float) -> DeviceMemory:
    # `PristineModel` keeps a copy of the weights there too; whoever trains otherwise has none.
    return DeviceMemory(
        peak=tensors,
        upper=_CPU_UPPER_FRAMEWORK + round((1 + gaps) * tensors) + weights,
        overhead={"allocator": round(_CPU_GAPS * tensors), "framework": _CPU_FRAMEWORK},
        assumptions=(
            "Attention is fused where the model drops none of it, and plain otherwise.",
            "The heap is that of glibc; the data set is not counted.",
            "The upper end holds the copy of the weights that `tuner` keeps between trainings.",
        ),
    )


def _cuda(tensors: int, record: AllocationRecord) -> DeviceMemory:
    peaks = replay(record)
    reserved = peaks.reserved + _CUBLAS_WORKSPACES
    upper_reserved = round((1 + _CUDA_UPPER_GAPS) * peaks.reserved) + _CUBLAS_UPPER_WORKSPACES
    return DeviceMemory(
        peak=peaks.allocated + _CUBLAS_WORKSPACES,
        upper=upper_reserved + _CUDA_UPPER_CONTEXT,
        overhead={"allocator": reserved - tensors, "framework": _CUDA_CONTEXT},
        assumptions=(
            "scaled_dot_product_attention runs in the memory-efficient kernel, with a mask.",
            "PyTorch's CUDA allocator has its default settings and serves one training.",
            "Context and libraries take 0.5 GiB, and less than 1 GiB at the upper end.",
        ),
    )


def _mps(tensors: int) -> DeviceMemory:
    return DeviceMemory(
        peak=tensors,
        upper=_CPU_FRAMEWORK + round((1 + _MPS_UPPER_GAPS) * tensors) + 512 * _MEBIBYTE,
        overhead={"framework": _CPU_FRAMEWORK},
        assumptions=(
            "Attention is plain, as PyTorch runs it on Apple's GPUs in training.",
            "No forecast for Apple's GPUs has been compared with a measurement.",
        ),
    )
