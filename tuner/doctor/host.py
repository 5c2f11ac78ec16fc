"""Processor, memory and disks of the machine, with the limits of its container."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from diagnostics.subjects.environment import Host

__all__ = ["look_at_host"]

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_NO_LIMIT = 2**60
"""Bytes from which the first version of control groups means "no limit"."""
_LARGEST_FILE = 2**16


def look_at_host(checkpoints: Path, root: Path = Path("/")) -> Host:
    """Look at the machine.

    Args:
        checkpoints: The folder that checkpoints will go to; it need not exist yet.
        root: Where the system's files are; another folder only in tests.
    """
    total, available = _memory(root)
    folder = _existing(checkpoints)
    return Host(
        cpus=_cpus(),
        cpu_quota=_cpu_quota(root),
        thread_variables={
            name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ
        },
        memory_total=total,
        memory_available=available,
        shared_memory=_shared_memory(root),
        disk_folder=str(checkpoints),
        disk_free=_disk_free(folder),
    )


def _cpus() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _text(path: Path) -> str:
    """Return the beginning of a file of the kernel; empty when it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST_FILE)
    except OSError:
        return ""


def _number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if stripped.isdecimal() and len(stripped) < 20 else None


def _control_groups(root: Path) -> Iterator[Path]:
    """Yield the folders of this process' control group (version 2) and of those around it."""
    match = re.search(r"^0::(/\S*)$", _text(root / "proc/self/cgroup"), re.MULTILINE)
    top = root / "sys/fs/cgroup"
    inner = top / match[1].strip("/") if match else top
    yield from (folder for folder in (inner, *inner.parents) if folder.is_relative_to(top))


def _cpu_quota(root: Path) -> float | None:
    """Return the processors' worth of time that the tightest group grants; None: no limit."""
    granted = []
    for folder in _control_groups(root):
        quota, _, period = _text(folder / "cpu.max").strip().partition(" ")
        granted.append((_number(quota), _number(period)))
    first = root / "sys/fs/cgroup/cpu"
    quota, period = _text(first / "cpu.cfs_quota_us"), _text(first / "cpu.cfs_period_us")
    granted.append((_number(quota), _number(period)))
    return min((quota / period for quota, period in granted if quota and period), default=None)


def _memory(root: Path) -> tuple[int | None, int | None]:
    """Return total and available bytes of main memory, within the limits of the container."""
    described = _text(root / "proc/meminfo")
    kibibytes = {
        name: int(size) for name, size in re.findall(r"^(\w+): +(\d{1,15}) kB", described, re.M)
    }
    total = kibibytes.get("MemTotal", 0) * 1024 or _physical()
    available = kibibytes["MemAvailable"] * 1024 if "MemAvailable" in kibibytes else None
    for limit, used in _memory_limits(root):
        total = limit if total is None else min(total, limit)
        left = max(0, limit - used)
        available = left if available is None else min(available, left)
    return total, available


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _memory_limits(root: Path) -> Iterator[tuple[int, int]]:
    """Yield limit and usage of each control group that has a limit."""
    first = root / "sys/fs/cgroup/memory"
    groups = [(folder, "memory.max", "memory.current") for folder in _control_groups(root)]
    groups.append((first, "memory.limit_in_bytes", "memory.usage_in_bytes"))
    for folder, limit_name, used_name in groups:
        limit = _number(_text(folder / limit_name))
        if limit is not None and limit < _NO_LIMIT:
            used = _number(_text(folder / used_name)) or 0
            # Pages of files that nobody has open are given back when memory gets short.
            match = re.search(
                r"^(?:total_)?inactive_file (\d{1,18})$", _text(folder / "memory.stat"), re.M
            )
            yield limit, max(0, used - (int(match[1]) if match else 0))


def _shared_memory(root: Path) -> int | None:
    folder = root / "dev/shm"
    try:
        return shutil.disk_usage(folder).total if folder.is_dir() else None
    except OSError:
        return None


def _existing(path: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    absolute = path.expanduser().absolute()
    return next((each for each in (absolute, *absolute.parents) if each.is_dir()), Path("/"))


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
