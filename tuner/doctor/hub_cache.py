"""The cache of the model hub: where it is, what is in it, and whether downloads are forbidden."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from diagnostics.subjects.environment import Hub

__all__ = ["cached_snapshot", "hub_folder", "look_at_hub"]

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_ON = {"1", "ON", "YES", "TRUE"}
_PREFIX = "models--"
_MOST_FILES = 20_000
"""Files that are counted: a larger cache is said to be of unknown size."""


def look_at_hub(variables: Mapping[str, str] = os.environ) -> Hub:
    """Look at the cache, by the same environment variables as huggingface_hub."""
    folder = hub_folder(variables)
    return Hub(
        folder=str(folder),
        size=_size(folder),
        models=_models(folder),
        offline=tuple(name for name in _OFFLINE if variables.get(name, "").upper() in _ON),
    )


def hub_folder(variables: Mapping[str, str] = os.environ) -> Path:
    """Return where models are cached; the folder need not exist."""
    told = variables.get("HF_HUB_CACHE") or variables.get("HUGGINGFACE_HUB_CACHE")
    if told:
        return Path(told).expanduser()
    caches = variables.get("XDG_CACHE_HOME") or "~/.cache"
    home = variables.get("HF_HOME") or str(Path(caches) / "huggingface")
    return Path(home).expanduser() / "hub"


def _models(folder: Path) -> tuple[str, ...] | None:
    """Return the models that a snapshot is there of; None when the folder cannot be listed."""
    if not folder.exists():
        return ()
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.name.startswith(_PREFIX))
        return tuple(
            entry.name.removeprefix(_PREFIX).replace("--", "/")
            for entry in entries
            if _has_snapshot(entry)
        )
    except OSError:
        return None


def _has_snapshot(folder: Path) -> bool:
    snapshots = folder / "snapshots"
    return snapshots.is_dir() and any(
        next(each.iterdir(), None) is not None for each in snapshots.iterdir() if each.is_dir()
    )


def cached_snapshot(name: str, variables: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of a cached model's newest snapshot; None when it is not cached."""
    if not name or name.startswith(("/", ".", "~")) or name.count("/") > 1 or "\\" in name:
        return None
    folder = hub_folder(variables) / (_PREFIX + name.replace("/", "--")) / "snapshots"
    try:
        snapshots = [entry for entry in folder.iterdir() if entry.is_dir()]
        return max(snapshots, key=lambda entry: entry.stat().st_mtime, default=None)
    except OSError:
        return None


def _size(folder: Path) -> int | None:
    total = 0
    for count, size in enumerate(_file_sizes(folder)):
        if count >= _MOST_FILES:
            return None
        total += size
    return total


def _file_sizes(folder: Path) -> Iterator[int]:
    """Yield the size of each file; links to files of the cache itself count once."""
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  # thousands
            except OSError:
                continue
