"""An environment as plain values, for programs. None is not known, or was not looked at."""

from __future__ import annotations

from typing import Any

from diagnostics.subjects.environment import Accelerator, Environment, Host, Hub, Torch

__all__ = ["environment_document"]


def environment_document(environment: Environment) -> dict[str, Any]:
    """Return everything that was found, sizes in bytes."""
    libraries, gpus = environment.libraries, environment.accelerators
    return {
        "python": environment.python,
        "platform": environment.platform,
        "libraries": None
        if libraries is None
        else {name: library.version for name, library in libraries.items()},
        "import_faults": dict(environment.import_faults),
        "torch": None if environment.torch is None else _torch(environment.torch),
        "accelerators": None if gpus is None else [_accelerator(each) for each in gpus],
        "driver": environment.driver,
        "driver_cuda": environment.driver_cuda,
        "host": None if environment.host is None else _host(environment.host),
        "hub": None if environment.hub is None else _hub(environment.hub),
        "plan": dict(environment.plan),
        "model": dict(environment.model),
        "forecast": dict(environment.forecast),
    }


def _torch(torch: Torch) -> dict[str, Any]:
    architectures = torch.architectures
    return {
        "cuda": torch.cuda,
        "rocm": torch.hip,
        "architectures": None if architectures is None else list(architectures),
        "accelerator_available": torch.available,
        "threads": torch.threads,
    }


def _accelerator(gpu: Accelerator) -> dict[str, Any]:
    return {
        "index": gpu.index,
        "name": gpu.name,
        "kind": gpu.kind,
        "memory_bytes": gpu.total_bytes,
        "used_bytes": gpu.used_bytes,
        "capability": None if gpu.capability is None else ".".join(map(str, gpu.capability)),
        "bf16": gpu.bf16,
        "visible": gpu.visible,
    }


def _host(host: Host) -> dict[str, Any]:
    return {
        "processors": host.cpus,
        "processor_quota": host.cpu_quota,
        "thread_variables": dict(host.thread_variables),
        "memory_bytes": host.memory_total,
        "memory_available_bytes": host.memory_available,
        "shared_memory_bytes": host.shared_memory,
        "disk_folder": host.disk_folder,
        "disk_free_bytes": host.disk_free,
    }


def _hub(hub: Hub) -> dict[str, Any]:
    return {
        "folder": hub.folder,
        "bytes": hub.size,
        "models": None if hub.models is None else list(hub.models),
        "offline": list(hub.offline),
    }
