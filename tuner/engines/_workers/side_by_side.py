"""How many trainings fit on one device, and pay there: from a forecast and a few timed steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.engine import Engine
from tuner.errors import TunerError

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench
    from tuner.training.memory_forecast import MemoryForecast

__all__ = ["MOST_SIDE_BY_SIDE", "Count", "count_on_cpu", "count_on_gpu", "memory_share"]

MOST_SIDE_BY_SIDE = 8
"""More would leave a search of the usual 20 trials little to learn from those that ended. On a CPU
there is one training per core up to then: a training on one thread never waits for another thread.
A step of a small encoder (23M parameters, 16 sentences) took 0.39 s of processor time on one thread
and at least 2.0 s on two threads, while other programs kept both cores of the machine busy."""

MEMORY_MARGIN = 0.1
"""Share of the free memory that is left alone: other programs grow, allocators leave gaps."""

CONTEXT_BYTES = 600 * 2**20
"""Set aside per process for what CUDA itself takes beside tensors, which is not capped."""

USUAL_BATCH = 32
"""Sentences per batch of the forecast. Larger batches are cut when they do not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many trainings share a device.

    Attributes:
        number: From 1.
        note: Why so many, one sentence; empty when the user said so.
    """

    number: int
    note: str = ""


def count_on_gpu(here: Engine, index: int, cores: int) -> Count:
    """Return how many trainings of a study shall share a GPU.

    So many that their forecast memory fits into what is free, that the GPU has work while each
    waits for its Python process, and that each has a core to itself.

    Args:
        here: The engine of this process, whose model and data are asked; one that has none gets one
            training per GPU.
        index: Number of the GPU.
        cores: Cores that this GPU's trainings have to themselves.
    """
    bench = _bench_of(here)
    if bench is None:
        return Count(number=1, note="One training per GPU, since its needs are not known.")
    import torch

    free, _ = torch.cuda.mem_get_info(index)
    fitting = _fitting(bench, "cuda", free)
    if fitting is None:
        return Count(number=1, note="One training per GPU, since its needs cannot be forecast.")
    busy = _busy_share(bench)
    paying = MOST_SIDE_BY_SIDE if busy is None else math.ceil(1 / max(busy, 1 / MOST_SIDE_BY_SIDE))
    number = max(1, min(fitting, paying, cores, MOST_SIDE_BY_SIDE))
    measured = "" if busy is None else f", one keeps it busy for {busy:.0%} of the time"
    note = f"{number} side by side on a GPU: {fitting} fit into its memory{measured}."
    return Count(number=number, note=note)


def count_on_cpu(here: Engine, cores: int) -> Count:
    """Return how many trainings of a study shall share the CPU: by cores and free memory."""
    by_cores = min(max(1, cores), MOST_SIDE_BY_SIDE)
    bench = _bench_of(here)
    free = _free_host_memory()
    fitting = None if bench is None or free is None else _fitting(bench, "cpu", free)
    number = max(1, min(by_cores, fitting if fitting is not None else by_cores))
    memory = "" if fitting is None else f", and memory for {fitting}"
    have = f"{cores} CPU core{'s' if cores != 1 else ''}"
    return Count(number=number, note=f"{number} side by side: {have}{memory}.")


def memory_share(index: int, trainings: int) -> float:
    """Return the share of a GPU's memory that each of several trainings may take for tensors."""
    import torch

    free, total = torch.cuda.mem_get_info(index)
    each = free * (1 - MEMORY_MARGIN) / trainings - CONTEXT_BYTES
    return max(0.01, min(1.0, each / total))


def _bench_of(here: Engine) -> Workbench | None:
    bench: Workbench | None = getattr(here, "bench", None)
    return bench


def _fitting(bench: Workbench, kind: str, free: int) -> int | None:
    """Return how many forecasts fit into the free memory; None without a forecast."""
    try:
        forecast = _forecast(bench, kind)
    except TunerError:
        return None
    return int(free * (1 - MEMORY_MARGIN) / forecast.upper)


def _forecast(bench: Workbench, kind: str) -> MemoryForecast:
    from tuner.training.memory_forecast import forecast_memory

    return forecast_memory(
        bench.source.config,
        batch_size=USUAL_BATCH,
        length=int(bench.train.lengths.max()),
        precision="bf16" if bench.device.bf16 else "fp32",
        device="cuda" if kind == "cuda" else "cpu",
        accumulate=True,
    )


def _busy_share(bench: Workbench) -> float | None:
    """Return the share of a training's time in which it keeps the GPU busy; None if unknown."""
    from tuner.engines._workers.busy_share import busy_share

    return busy_share(bench) if bench.device.kind == "cuda" else None


def _free_host_memory() -> int | None:
    """Return the memory that programs can have without swapping (Linux); None if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    rows = dict(line.split(":", 1) for line in lines if ":" in line)
    amount = rows.get("MemAvailable", "").split()
    return int(amount[0]) * 1024 if amount else None
