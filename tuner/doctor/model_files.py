"""The size of a model, from the files that are on this machine; no weights are loaded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tuner.doctor.hub_cache import cached_snapshot

__all__ = ["model_facts"]

_LARGEST_HEAD = 100_000_000
"""Bytes of the head of a safetensors file, by its specification."""
_BYTES_PER_WEIGHT = 4


def model_facts(name: str) -> dict[str, Any]:
    """Return `name`, whether it is `local`, and its `parameters` where they can be told.

    Args:
        name: A folder or a hub id, as the user gave it.
    """
    folder = Path(name).expanduser()
    local = folder.is_dir()
    snapshot = folder if local else cached_snapshot(name)
    parameters = None if snapshot is None else _parameters(snapshot)
    told: dict[str, Any] = {"name": name, "local": local}
    return told if parameters is None else told | {"parameters": parameters}


def _parameters(folder: Path) -> int | None:
    """Count the weights in safetensors files; else guess from the size of what PyTorch saved."""
    try:
        files = sorted(folder.glob("*.safetensors"))
        counted = [_counted(file) for file in files]
        if counted and all(count is not None for count in counted):
            return sum(count or 0 for count in counted)
        sizes = [file.stat().st_size for file in sorted(folder.glob("pytorch_model*.bin"))]
    except OSError:
        return None
    return sum(sizes) // _BYTES_PER_WEIGHT or None


def _counted(path: Path) -> int | None:
    """Return how many weights a safetensors file holds; None when its head cannot be read."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(size)) if size <= _LARGEST_HEAD else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(head, dict):
        return None
    return sum(_sizes(head))


def _sizes(head: Mapping[str, Any]) -> Iterator[int]:
    for name, described in head.items():
        shape = described.get("shape") if isinstance(described, dict) else None
        if name == "__metadata__" or not isinstance(shape, list):
            continue
        if all(isinstance(length, int) and length >= 0 for length in shape):
            yield math.prod(shape)
