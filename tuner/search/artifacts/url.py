"""The place for artifacts as users write it: opened before anything is made, or refused."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

from tuner.errors import UsageError
from tuner.search.artifacts.store import ArtifactStore
from tuner.secrets_in_text import without_secrets

__all__ = ["check_artifacts", "open_store"]

ANSWER_SECONDS = 30.0
"""How long a store may take to answer at the start; object stores take well below a second."""

DRIVERS = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "az": "adlfs",
}
"""Packages that bring the file systems of the usual object stores."""


HINTS = {
    "file": "Name a folder that can be written, or leave --artifacts out.",
    "s3": "Check the address, the permissions and the credentials (`aws sts "
    "get-caller-identity`), or leave --artifacts out.",
}
USUAL_HINT = "Check the address, the permissions and the credentials, or leave --artifacts out."


def check_artifacts(url: str | None, directory: Path) -> None:
    """Find out whether artifacts can be kept there, before anything is made or trained.

    Args:
        url: The place; None is not checked.
        directory: Folder of the study, whose name becomes a folder there.

    Raises:
        UsageError: The URL is malformed, its driver is missing, nothing can be written there, it is
            lost with this process, or a study lies there.
    """
    if url is not None:
        filesystem, root = _file_system(url)
        if _speaks(filesystem, "memory") or "::memory:" in url:
            raise UsageError(
                "`--artifacts` must name a place that outlives the search, but got "
                f"`{without_secrets(url)}`, the memory of this process.",
                "Name a folder that all machines share, or s3://bucket/prefix.",
            )
        open_store(url, directory.name)
        if _is_local(filesystem):
            _refuse_studies(without_secrets(url), Path(root, directory.name), directory)


def _refuse_studies(url: str, place: Path, directory: Path) -> None:
    """Refuse a folder in which copies would take the place of what a study keeps there."""
    there, here = place.resolve(), directory.resolve()
    overlap = there.is_relative_to(here) or here.is_relative_to(there)
    if overlap or (there / "study.json").exists():
        whose = "this study keeps its own files" if overlap else "another study keeps its files"
        raise UsageError(
            f"With `--artifacts {url}` the copies would lie in `{place}`, where {whose}.",
            "Name a folder that holds no studies.",
        )


def open_store(url: str, study: str, *, seconds: float = ANSWER_SECONDS) -> ArtifactStore:
    """Open the place for the artifacts of a study, and make sure that it can be written.

    Args:
        url: An fsspec URL or a folder, which is made when something is first kept there.
        study: Name of the study, which becomes a folder there.
        seconds: How long it may take to answer.

    Raises:
        UsageError: The URL is malformed, its driver is missing, or nothing can be written there.
    """
    filesystem, root = _file_system(url)
    failure = _within(seconds, lambda: _probe(filesystem, root))
    if failure is not None:
        reason = without_secrets(f"{type(failure).__name__}: {failure}")
        raise UsageError(
            f"Nothing can be written to the place for artifacts, `{without_secrets(url)}`: "
            f"{reason}.",
            next((hint for kind, hint in HINTS.items() if _speaks(filesystem, kind)), USUAL_HINT),
        ) from None
    return ArtifactStore(filesystem, f"{root.rstrip('/')}/{study}")


def _probe(filesystem: Any, root: str) -> None:
    """Write to a place; of a folder that is not there yet, to the one that it will be made in."""
    if _is_local(filesystem):
        folder = next(path for path in (Path(root), *Path(root).parents) if path.exists())
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        root = str(folder)
    ArtifactStore(filesystem, root).probe()


def _is_local(filesystem: Any) -> bool:
    return _speaks(filesystem, "file")


def _speaks(filesystem: Any, protocol: str) -> bool:
    spoken = filesystem.protocol
    return protocol in ((spoken,) if isinstance(spoken, str) else spoken)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    shown = without_secrets(url)
    place = url if "://" in url else str(Path(url).expanduser().absolute())
    protocol = place.partition("://")[0] if "://" in place else "file"
    try:
        filesystem, root = fsspec.core.url_to_fs(place, use_listings_cache=False)
    except ImportError:
        package = DRIVERS.get(protocol, f"the fsspec driver of {protocol}://")
        raise UsageError(
            f"The place for artifacts, `{shown}`, needs the package {package}.",
            f"Install it: pip install {DRIVERS.get(protocol, 'PACKAGE')}",
        ) from None
    except ValueError as error:
        raise UsageError(
            f"`--artifacts` takes an fsspec URL or a folder, but got `{shown}`: "
            f"{without_secrets(str(error))}.",
            "Write s3://bucket/prefix, gs://bucket/prefix or a folder that all machines share.",
        ) from None
    except Exception as error:  # noqa: BLE001 - every driver has errors of its own
        raise UsageError(
            f"The place for artifacts, `{shown}`, cannot be opened: "
            f"{without_secrets(f'{type(error).__name__}: {error}')}.",
            "Check the address and the credentials, or leave --artifacts out.",
        ) from None
    return filesystem, str(root)


def _within(seconds: float, attempt: Any) -> BaseException | None:
    """Run something that may hang; return how it failed, or None."""
    failure: list[BaseException] = []

    def work() -> None:
        try:
            attempt()
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            failure.append(error)

    thread = threading.Thread(target=work, name="artifacts-probe", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return TimeoutError(f"no answer within {seconds:g} s")
    return failure[0] if failure else None
