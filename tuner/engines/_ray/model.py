"""A model folder on its way to nodes that do not have it: packed once, unpacked once per node."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from tuner.engines._ray.files import inside, write_chunk
from tuner.errors import ModelError

__all__ = ["ModelFile", "PackedModel", "describe_model", "has_model", "pack_model", "unpack_model"]

CHUNK = 16 * 2**20
"""Bytes per object in the object store."""

TAKEN = (".json", ".txt", ".model", ".safetensors", ".bin", ".jinja", ".vocab", ".bpe", ".spm")
"""Endings of what `from_pretrained` reads: configuration, tokenizer and weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file of a model folder."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """A model folder in the object store.

    Attributes:
        files: Its files.
        chunks: References to the bytes of each file, in order.
    """

    files: tuple[ModelFile, ...]
    chunks: tuple[tuple[Any, ...], ...]


def describe_model(folder: Path) -> tuple[ModelFile, ...]:
    """Return the files of a model folder that a training needs, with their SHA-256.

    Pickled weights are left out where there are safetensors; what is pickled beside them
    (`training_args.bin`) always is.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix in TAKEN and path.is_file())
    safe = any(path.suffix == ".safetensors" for path in paths)
    wanted = (path for path in paths if path.suffix != ".bin" or _is_needed(path, safe=safe))
    return tuple(
        ModelFile(name=path.name, size=path.stat().st_size, digest=_digest(path)) for path in wanted
    )


def _is_needed(path: Path, *, safe: bool) -> bool:
    return not safe and path.name.startswith("pytorch_model")


def has_model(folder: Path, files: tuple[ModelFile, ...]) -> bool:
    """Whether a folder holds these files, with this content."""
    return all(
        (path := inside(folder, file.name)).is_file()
        and path.stat().st_size == file.size
        and _digest(path) == file.digest
        for file in files
    )


def pack_model(folder: Path, files: tuple[ModelFile, ...]) -> PackedModel:
    """Put the bytes of a model's files into the object store."""
    chunks = (tuple(map(ray.put, _chunks(inside(folder, file.name)))) for file in files)
    return PackedModel(files=files, chunks=tuple(chunks))


def unpack_model(packed: PackedModel, cache: Path | None = None) -> Path:
    """Return a folder of this node with the model; the first process that asks writes it.

    Args:
        packed: The model.
        cache: Where such folders are kept; None: the user's cache folder.

    Raises:
        ModelError: What arrived is not what was sent.
    """
    root = _cache() if cache is None else cache
    root.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(repr(packed.files).encode()).hexdigest()[:32]
    target = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target.is_dir() and has_model(target, packed.files)):
            _write(packed, target)
    return target


def _write(packed: PackedModel, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        for file, chunks in zip(packed.files, packed.chunks, strict=True):
            offset = 0
            for chunk in chunks:
                data = ray.get(chunk)
                write_chunk(partial, file.name, offset, data)
                offset += len(data)
        if not has_model(partial, packed.files):
            raise ModelError("The model arrived damaged on a node.", "Start the command again.")
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _cache() -> Path:
    """Return the user's cache folder; a private one where that cannot be written."""
    named = os.environ.get("XDG_CACHE_HOME")
    root = (Path(named) if named else Path.home() / ".cache") / "tuner" / "models"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="tuner-models-"))
    return root


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield stream.read(CHUNK)
        while chunk := stream.read(CHUNK):
            yield chunk


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
