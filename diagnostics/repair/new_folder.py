"""A new folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnostics.errors import DiagnosticsError

__all__ = ["new_folder", "refuse_folder"]


def refuse_folder(out: Path, sources: Iterable[Path]) -> None:
    """Refuse a folder that is in use, or lies inside what it is made from.

    Raises:
        DiagnosticsError: It exists and is not an empty folder, or it is one of the sources or
            inside one.
    """
    target = out.resolve()
    for source in sources:
        origin = source.resolve()
        if source.exists() and (target == origin or origin in target.parents):
            raise DiagnosticsError(
                f"The new folder {out} must not be {source} or inside it: the original is never "
                "touched.",
                "Give a folder beside it.",
            )
    try:
        empty = target.is_dir() and not any(target.iterdir())
    except OSError as error:
        raise DiagnosticsError(f"{out} cannot be listed: {error.strerror or error}.") from error
    if (target.exists() or out.is_symlink()) and not empty:
        what = "holds files already" if target.is_dir() else "exists already and is no folder"
        raise DiagnosticsError(
            f"The new folder {out} {what}, and nothing is overwritten.",
            "Give a folder that does not exist, or empty this one.",
        )


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside `out`, which takes its name when all went well.

    Raises:
        DiagnosticsError: It cannot be made or renamed.
    """
    target = out.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}-", dir=target.parent))
    except OSError as error:
        raise DiagnosticsError(f"{out} cannot be made: {error.strerror or error}.") from error
    try:
        yield made
        made.chmod(0o777 & ~_mask())
        if target.is_dir():
            target.rmdir()
        made.rename(target)
    except OSError as error:
        raise DiagnosticsError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _mask() -> int:
    """Return the permissions that new folders of this process do not get."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
