"""What is said where no log was found: first where there are some, last what a log is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from diagnostics.errors import DiagnosticsError

__all__ = ["nothing_found"]

_SHOWN = 8
_POINTED_AT = 3
_MOST_TRIED = 50
"""Folders that are looked into for a message; a message is not worth more."""

_MOST_ENTRIES = 100_000


def nothing_found(
    path: Path, looked_for: Sequence[str], has_log: Callable[[Path], bool]
) -> DiagnosticsError:
    """Return the error for a file that is no log, or a folder without any.

    Args:
        path: The file or folder; it exists.
        looked_for: What each reader looks for.
        has_log: Whether there is a log at a path.
    """
    message = f"No training log was found in `{path}`."
    wanted = "; ".join(looked_for)
    if not path.is_dir():
        return DiagnosticsError(message, f"A log is one of: {wanted}.")
    try:
        entries = sorted(islice(path.iterdir(), _MOST_ENTRIES))
    except OSError as error:
        return DiagnosticsError(message, f"The folder cannot be listed: {error.strerror or error}.")
    folders = [entry for entry in entries if entry.is_dir()]
    deeper = [f"{entry.name}/" for entry in folders[:_MOST_TRIED] if has_log(entry)][:_POINTED_AT]
    if deeper:
        message += (
            f" There are logs in {', '.join(deeper)}: name one of them, or judge all with "
            "--recursive."
        )
    return DiagnosticsError(message, f"{_held(entries)} Looked for: {wanted}.")


def _held(entries: Sequence[Path]) -> str:
    if not entries:
        return "The folder is empty."
    names = [entry.name + "/" * entry.is_dir() for entry in entries[:_SHOWN]]
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return f"The folder holds {', '.join(names)}{more}."
