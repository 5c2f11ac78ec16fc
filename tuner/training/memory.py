"""Out of memory as a fact to work with: recognise it, remember what fits, rehearse it on a CPU."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from tuner.errors import UsageError

__all__ = [
    "MicroBatchLimits",
    "SimulatedMemory",
    "is_out_of_memory",
    "release_memory",
    "split_rows",
]

Phase = Literal["train", "eval", "optimizer"]

# Texts of allocation failures that torch raises as plain RuntimeError, by backend. The first three
# are those of accelerate's `should_reduce_batch_size`.
_MESSAGES = (
    "CUDA out of memory.",
    "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED.",
    "DefaultCPUAllocator: can't allocate memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that the device's memory was exhausted."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _MESSAGES)


def release_memory() -> None:
    """Give cached and garbage memory back to the device and to the operating system."""
    gc.collect()
    _trim_heap()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _trim_heap() -> None:
    """Hand freed heap back: glibc keeps what tensors of ever-changing shapes leave behind."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def split_rows(lengths: Sequence[int], limit: int | None) -> list[slice]:
    """Cut rows, sorted by falling length, into runs of at most `limit` padded tokens each.

    Args:
        lengths: Tokens per row, falling.
        limit: Most padded tokens (rows x longest row) of a run; None for no limit. A single row
            longer than the limit gets a run of its own.

    Returns:
        Slices that cover all rows in order.
    """
    if limit is None:
        return [slice(0, len(lengths))]
    runs: list[slice] = []
    start = 0
    for stop in range(1, len(lengths) + 1):
        if stop == len(lengths) or (stop + 1 - start) * lengths[start] > limit:
            runs.append(slice(start, stop))
            start = stop
    return runs


@dataclass(slots=True)
class MicroBatchLimits:
    """Largest micro-batches that fit the memory, learnt from failures and kept in a file.

    The size of a micro-batch is its padded tokens, rows x longest row: what activations grow with.

    Attributes:
        path: JSON file that later trainings read; None keeps nothing.
        limits: Phase (`train`, `eval`) to the most padded tokens per micro-batch; a phase that
            never failed has none.
    """

    path: Path | None = None
    limits: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> MicroBatchLimits:
        """Read the file; a missing or unreadable one starts afresh, since it is only a memory."""
        limits: dict[str, int] = {}
        if path is not None and path.is_file():
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))["limits"]
                limits = {str(phase): int(tokens) for phase, tokens in stored.items()}
            except (OSError, ValueError, KeyError, AttributeError, TypeError):
                limits = {}
        return cls(path=path, limits=limits)

    def limit(self, phase: Phase) -> int | None:
        """Most padded tokens per micro-batch of a phase, or None while nothing has failed."""
        return self.limits.get(phase)

    def shrink(self, phase: Phase, rows: int, length: int) -> bool:
        """Learn that `rows` x `length` did not fit: half the rows is the new limit.

        Returns:
            False when there was a single row, which cannot be split.
        """
        if rows <= 1:
            return False
        self.limits[phase] = min(self.limits.get(phase, rows * length), (rows // 2) * length)
        if self.path is not None:
            text = json.dumps({"limits": self.limits}, indent=2)
            temporary = self.path.with_suffix(f".{os.getpid()}.tmp")  # several workers write
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.path)
        return True


class SimulatedMemory:
    """A pretended memory size, so that running out of memory can be rehearsed anywhere.

    Reads the environment variable `TUNER_SIMULATE_MEMORY`, for example `train=2048,eval=4096`
    (padded tokens that fit at once), `optimizer=2` (the next two optimizer steps fail) or
    `backward=2048` (fails after the forward pass). Every failure raises what torch raises on a GPU.
    """

    VARIABLE = "TUNER_SIMULATE_MEMORY"

    def __init__(self, text: str | None = None) -> None:
        self.sizes: dict[str, int] = {}
        for part in (text or "").split(","):
            if part.strip():
                name, _, size = part.partition("=")
                self.sizes[self._phase(name.strip(), text or "")] = self._size(size, text or "")

    @classmethod
    def from_environment(cls) -> SimulatedMemory:
        """Build it from the environment variable; without one nothing ever fails."""
        return cls(os.environ.get(cls.VARIABLE))

    def touch(self, phase: str, rows: int, length: int) -> None:
        """Raise if `rows` x `length` padded tokens do not fit."""
        size = self.sizes.get(phase)
        if size is not None and rows * length > size:
            raise torch.OutOfMemoryError(
                f"CUDA out of memory. Simulated: {rows} x {length} tokens in a memory for {size}."
            )

    def touch_optimizer(self) -> None:
        """Raise as many times as the setting `optimizer` says."""
        left = self.sizes.get("optimizer", 0)
        if left > 0:
            self.sizes["optimizer"] = left - 1
            raise torch.OutOfMemoryError("CUDA out of memory. Simulated in the optimizer step.")

    @classmethod
    def _phase(cls, name: str, text: str) -> str:
        if name not in {"train", "backward", "eval", "optimizer"}:
            raise UsageError(
                f"`{cls.VARIABLE}` knows train, backward, eval and optimizer, but got {text!r}.",
                "Write for example train=2048,eval=4096.",
            )
        return name

    @classmethod
    def _size(cls, size: str, text: str) -> int:
        if not size.strip().isdigit():
            raise UsageError(
                f"`{cls.VARIABLE}` needs whole numbers, but got {text!r}.",
                "Write for example train=2048,eval=4096.",
            )
        return int(size)
