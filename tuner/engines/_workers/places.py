"""Which workers run where: devices by name, trainings per device, and what each may take of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.engine_recipe import EngineRequest, Place
from tuner.engines._workers.side_by_side import Count, count_on_cpu, count_on_gpu, memory_share
from tuner.errors import UsageError

__all__ = ["Places", "choose_places", "inside"]

ALL = "all"
MPS_PIPES = "CUDA_MPS_PIPE_DIRECTORY"
MPS_DEFAULT = Path("/tmp/nvidia-mps")
"""Where CUDA's Multi-Process Service listens unless told otherwise (its documentation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of all workers.

    Attributes:
        places: One for each training that may run at a time.
        notes: How they were chosen, one sentence each.
    """

    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()


def choose_places(request: EngineRequest, *, cores: int | None = None) -> Places:
    """Choose the workers' places.

    Args:
        request: What the user wants.
        cores: Cores of this machine; None: those that this process may use.

    Raises:
        UsageError: A device is not there, or less than one training per device is asked for.
    """
    if request.per_device is not None and request.per_device < 1:
        raise UsageError(
            f"`--per-device` must be 1 or more, or `auto`, but got {request.per_device}.",
            "Leave it out for one training per device.",
        )
    cores = cores or usable_cores()
    devices = _devices(request.devices)
    counts = {device: _count(request, device, cores // len(devices)) for device in devices}
    workers = sum(count.number for count in counts.values())
    threads = max(1, cores // workers) if workers > 1 else None
    seats = [(device, count) for device, count in counts.items() for _ in range(count.number)]
    places = tuple(
        Place(
            name=f"worker-{number}",
            device=device,
            memory_share=_memory_share(device, count.number),
            threads=threads,
        )
        for number, (device, count) in enumerate(seats, start=1)
    )
    notes = [count.note for count in counts.values() if count.note]
    if workers > len(devices) and (note := _sharing_note(devices)):
        notes.append(note)
    return Places(places=places, notes=tuple(dict.fromkeys(notes)))


def inside(place: Place, variables: Mapping[str, str]) -> tuple[Place, dict[str, str]]:
    """Return a place as the worker there names it, and the worker's environment variables.

    A worker sees its own GPU alone, as `cuda:0`, whatever part of the machine's GPUs the search
    may see.

    Args:
        place: The place.
        variables: Environment variables of this process.
    """
    environment = dict(variables)
    if place.threads is not None:
        environment["OMP_NUM_THREADS"] = str(place.threads)
    kind, _, number = (place.device or "").partition(":")
    if kind != "cuda":
        return place, environment
    shown = [part.strip() for part in variables.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    index = int(number or 0)
    has_entry = "CUDA_VISIBLE_DEVICES" in variables and index < len(shown)
    environment["CUDA_VISIBLE_DEVICES"] = shown[index] if has_entry else str(index)
    return replace(place, device="cuda:0"), environment


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _devices(named: Sequence[str]) -> tuple[str, ...]:
    """Return the devices by their full names.

    Raises:
        UsageError: One is not there, or is named twice.
    """
    if set(named) == {"cpu"}:
        return ("cpu",)  # always there, and known without torch
    from tuner.training.offered_devices import offered_devices

    offered = offered_devices()
    if not named or set(named) == {ALL}:
        gpus = tuple(device for device in offered if device != "cpu")
        return gpus or ("cpu",)
    devices = tuple(_full_name(name) for name in named)
    for name, device in zip(named, devices, strict=True):
        if device not in offered:
            raise UsageError(
                f"There is no device {name!r} here for `--devices {','.join(named)}`.",
                f"This machine offers: {', '.join(offered)}.",
            )
    if len(set(devices)) < len(devices):
        raise UsageError(
            f"`--devices` must name each device once, but got {','.join(named)!r}.",
            "Say how many trainings share a device with --per-device.",
        )
    return devices


def _full_name(name: str) -> str:
    if name.isdecimal():
        return f"cuda:{int(name)}"
    return "cuda:0" if name == "cuda" else name


def _count(request: EngineRequest, device: str, cores: int) -> Count:
    """Return how many trainings share a device that has so many cores to itself."""
    if request.per_device is not None:
        return Count(number=request.per_device)
    if device.startswith("cuda"):
        return count_on_gpu(request.here, int(device.partition(":")[2]), cores)
    return count_on_cpu(request.here, cores) if device == "cpu" else Count(number=1)


def _memory_share(device: str, trainings: int) -> float | None:
    if not device.startswith("cuda") or trainings == 1:
        return None
    return memory_share(int(device.partition(":")[2]), trainings)


def _sharing_note(devices: Sequence[str]) -> str:
    if not any(device.startswith("cuda") for device in devices):
        return ""
    if MPS_PIPES in os.environ or MPS_DEFAULT.is_dir():
        return "CUDA MPS runs: trainings on one GPU compute at the same time."
    return (
        "CUDA MPS does not run: trainings on one GPU take turns. "
        "`nvidia-cuda-mps-control -d` starts it."
    )
