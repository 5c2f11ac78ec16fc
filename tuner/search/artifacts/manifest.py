"""What an artifact consists of: its manifest, read as something that anybody may have written."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tuner.values import from_plain, to_plain

__all__ = [
    "DamagedArtifactError",
    "Manifest",
    "StoredFile",
    "checked_name",
    "identity_of",
    "manifest_text",
    "parse_manifest",
]

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class DamagedArtifactError(OSError):
    """What lies in the store is not what its manifest says, or leads elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of an artifact.

    Attributes:
        name: Path below the artifact's folder, with `/`.
        size: Bytes.
        sha256: Hash of its content, hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an artifact consists of.

    Attributes:
        identity: What it belongs to; an artifact of something else of the same name is not taken.
        generation: Folder of the files, unique for each upload.
        files: The files.
    """

    identity: str
    generation: str
    files: tuple[StoredFile, ...]


def identity_of(*parts: object) -> str:
    """Return a hash of what an artifact belongs to: settings, data, model."""
    return hashlib.sha256(json.dumps(to_plain(parts), sort_keys=True).encode()).hexdigest()


def manifest_text(manifest: Manifest) -> bytes:
    """Return a manifest as it is stored."""
    return json.dumps({"format": 1, **to_plain(manifest)}, indent=1).encode()


def parse_manifest(name: str, content: bytes) -> Manifest:
    """Read a manifest.

    Args:
        name: The artifact, for the message.
        content: What lies in the store.

    Raises:
        DamagedArtifactError: It is none, or it names files elsewhere.
    """
    try:
        data = json.loads(content)
        files = tuple(from_plain(StoredFile, file) for file in data["files"])
        for file in files:
            checked_name(file.name)
        generation = checked_name(data["generation"])
        identity = str(data["identity"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedArtifactError(errno.EIO, f"the manifest of `{name}` is damaged") from error
    return Manifest(identity=identity, generation=generation, files=files)


def checked_name(name: Any) -> str:
    """Return a relative path of harmless parts.

    Raises:
        DamagedArtifactError: It could lead elsewhere.
    """
    parts = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not parts or "/".join(parts) != name or not all(_PART.fullmatch(part) for part in parts):
        raise DamagedArtifactError(errno.EINVAL, f"an artifact cannot be named {name!r:.80}")
    return str(name)
