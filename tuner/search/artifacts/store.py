"""Folders behind a URL (`s3://bucket/prefix`, `file:///shared`, `memory://x`): whole or not there.

```
URL/0007/checkpoint.json                  manifest: generation, and size and SHA-256 of each file
URL/0007/checkpoint/3f2a.../optimizer.pt  the files of that generation
```

Object stores rename nothing, so every upload gets a generation of its own, and the manifest that
names it is written last. Who reads a manifest finds all of its files; who is cut off leaves the
generation before untouched. What comes from there is verified, and its names are checked: others
may write to the same place.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from tuner.search.artifacts.manifest import (
    DamagedArtifactError,
    Manifest,
    StoredFile,
    checked_name,
    manifest_text,
    parse_manifest,
)

__all__ = ["ArtifactStore"]

CHUNK = 4 * 2**20
MOST_MANIFEST_BYTES = 4 * 2**20
ARRIVING = ".arriving"
OBJECT_STORES = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "az"))
_GENERATION = re.compile("[0-9a-f]{32}")


class ArtifactStore:
    """Keeps folders in an fsspec file system.

    Args:
        filesystem: An `fsspec.AbstractFileSystem`.
        root: Path in it, below which everything lies.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")

    def upload(self, folder: Path, name: str, identity: str) -> None:
        """Store a folder, in place of what has this name.

        Raises:
            Exception: Whatever the file system raises; what was there before stays.
        """
        generation = uuid.uuid4().hex
        place = f"{self._path(name)}/{generation}"
        try:
            stored = tuple(self._send(folder, path, place) for path in _files_of(folder))
            manifest = Manifest(identity=identity, generation=generation, files=stored)
            self._write_manifest(name, manifest)
        except BaseException:
            self._discard(place)
            raise
        for other in self._generations(name):
            if other.rpartition("/")[2] != generation:
                self._discard(other)

    def download(self, name: str, folder: Path, identity: str) -> bool:
        """Fetch a folder, verified; False when the store has none of this name and identity.

        Raises:
            DamagedArtifactError: A file is not what the manifest says.
            Exception: Whatever the file system raises; `folder` stays as it was.
        """
        manifest = self._manifest(name)
        if manifest is None or manifest.identity != identity:
            return False
        arriving = folder.with_name(f"{folder.name}{ARRIVING}")
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir(parents=True)
        try:
            for file in manifest.files:
                self._fetch(f"{self._path(name)}/{manifest.generation}", file, arriving)
            shutil.rmtree(folder, ignore_errors=True)
            arriving.rename(folder)
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
        return True

    def exists(self, name: str, identity: str) -> bool:
        """Whether the store has a whole folder of this name and identity."""
        manifest = self._manifest(name)
        return manifest is not None and manifest.identity == identity

    def remove(self, name: str) -> None:
        """Delete a folder; its manifest goes first, so that no half of it can be found."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._path(name)}.json")
        self._discard(self._path(name))

    def probe(self) -> None:
        """Write, read and delete a small file, to find out whether the place can be used.

        Raises:
            Exception: Whatever the file system raises.
        """
        path = f"{self._root}/.tuner-{uuid.uuid4().hex}"
        self._write(path, b"tuner")
        try:
            self._files.cat_file(path)
        finally:
            self._files.rm_file(path)

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked_name(name)}"

    def _send(self, folder: Path, path: Path, place: str) -> StoredFile:
        name = path.relative_to(folder).as_posix()
        target, digest, size = f"{place}/{checked_name(name)}", hashlib.sha256(), 0
        self._make_folder(target)
        with path.open("rb") as source, self._files.open(target, "wb") as sink:
            for chunk in _chunks(source):
                sink.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return StoredFile(name=name, size=size, sha256=digest.hexdigest())

    def _fetch(self, place: str, file: StoredFile, folder: Path) -> None:
        path = folder / checked_name(file.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with self._files.open(f"{place}/{file.name}", "rb") as source, path.open("wb") as sink:
            for chunk in _chunks(source):
                sink.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if size > file.size:
                    break
        if size != file.size or digest.hexdigest() != file.sha256:
            raise DamagedArtifactError(errno.EIO, f"the stored file `{file.name}` is damaged")

    def _manifest(self, name: str) -> Manifest | None:
        try:
            with self._files.open(f"{self._path(name)}.json", "rb") as source:
                content = source.read(MOST_MANIFEST_BYTES)
        except FileNotFoundError:
            return None
        return parse_manifest(name, content)

    def _write_manifest(self, name: str, manifest: Manifest) -> None:
        self._write(f"{self._path(name)}.json", manifest_text(manifest))

    def _write(self, path: str, content: bytes) -> None:
        """Write a small file at once: object stores do so by nature, folders by renaming."""
        self._make_folder(path)
        if "file" not in _protocols(self._files):
            self._files.pipe_file(path, content)
            return
        partial = f"{path}.{uuid.uuid4().hex}.partial"
        self._files.pipe_file(partial, content)
        Path(partial).replace(path)

    def _make_folder(self, path: str) -> None:
        """Make the folder of a file; object stores have none, and would make a bucket instead."""
        if OBJECT_STORES.isdisjoint(_protocols(self._files)):
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)

    def _generations(self, name: str) -> list[str]:
        """Return the uploads of this name; what else lies there is not ours to delete."""
        with contextlib.suppress(FileNotFoundError):
            found = (str(path) for path in self._files.ls(self._path(name), detail=False))
            return [path for path in found if _GENERATION.fullmatch(path.rpartition("/")[2])]
        return []

    def _discard(self, path: str) -> None:
        """Delete what nobody will read; a copy that stays behind costs room and nothing else."""
        with contextlib.suppress(Exception):
            self._files.rm(path, recursive=True)


def _files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: source.read(CHUNK), b"")


def _protocols(filesystem: Any) -> Mapping[str, None]:
    protocol = filesystem.protocol
    return dict.fromkeys((protocol,) if isinstance(protocol, str) else protocol)
