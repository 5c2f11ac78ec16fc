"""Finds the logs at a path: of one run, or of every run below a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from diagnostics import catalogue
from diagnostics.errors import DiagnosticsError
from diagnostics.reader import Reader

__all__ = ["STRUCTURED", "FoundLog", "find_logs", "find_runs", "logs_at", "readers"]

_MOST_FOLDERS = 100_000
"""Folders looked into below one path: far more than a disk of runs has, and an end for loops."""

_SHOWN = 8
_POINTED_AT = 3
_MOST_TRIED = 50
"""Folders that are looked into for a message; a message is not worth more."""

_PART_OF_A_RUN = re.compile(r"checkpoint-\d+|runs|logs?|tb_logs|tensorboard")
"""Folders in which trainers keep further records of the run whose own log lies above them."""

_STREAM = re.compile(r"(?<=std)(?:out|err)|(?<=\.)(?:out|err|log|[oe](?=\d+$))")
"""What tells the output of a batch job from its errors; the two files are of one run."""

_DOCUMENTS = 40
"""Precedence up to which a log beside the structured logs of several runs only retells them."""

STRUCTURED = 60
"""Precedence from which on a log is a run's own record; a document may describe many runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLog:
    """A log that a reader can read."""

    reader: Reader
    path: Path


@cache
def readers() -> tuple[Reader, ...]:
    """Return the log readers, the one to ask first first. The folder of readers is the list."""
    found = catalogue.units("diagnostics.readers", Reader)  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda reader: (-reader.precedence, reader.name)))


def find_logs(path: Path) -> tuple[FoundLog, ...]:
    """Return the logs at a path, the one to judge first.

    Raises:
        DiagnosticsError: The path does not exist, or holds nothing that any reader knows.
    """
    if not _exists(path):
        raise DiagnosticsError(
            f"The path `{path}` does not exist.", "Give the folder of a run, or its log file."
        )
    if not path.is_dir() and not path.is_file():
        raise DiagnosticsError(
            f"`{path}` is neither a file nor a folder.", "Pipe what it gives into `-` instead."
        )
    found = logs_at(path)
    if not found:
        raise DiagnosticsError(f"No training log was found in `{path}`. {_looked_for(path)}")
    return found


def find_runs(root: Path) -> Iterator[tuple[FoundLog, ...]]:
    """Yield the logs of each run below a folder, folder by folder in their order.

    A folder with a log is one run, and so is each log file of a folder that is none itself, or in
    which one reader knows several files. A log that several folders claim, such as that of the
    latest version in it, is yielded once.
    Checkpoints and further logs belong to the run above them. Links to folders are not followed,
    hidden folders not entered.

    Raises:
        DiagnosticsError: The path does not exist, or there is no log below it.
    """
    if not root.is_dir():
        yield find_logs(root)
        return
    seen: set[Path] = set()
    for folder, files in islice(_folders(root), _MOST_FOLDERS):
        found = logs_at(folder)
        groups = _runs_of(folder, found) if found else [logs_at(file) for file in files]
        for group in filter(None, groups):
            if group[0].path not in seen:
                seen.add(group[0].path)
                yield group
    if not seen:
        wanted = "; ".join(reader.looks_for for reader in readers())
        raise DiagnosticsError(f"No training log was found below `{root}`. Looked for: {wanted}.")


def _runs_of(folder: Path, found: tuple[FoundLog, ...]) -> list[tuple[FoundLog, ...]]:
    """Return the logs of a folder run by run: all of one, or those of each file.

    What one reader knows as several files are several runs; a folder that is read as a whole, or a
    single log with other accounts of it beside it, is one.
    """
    first = found[0].reader
    own = {_stream(log.path) for log in found if log.reader is first and log.path.parent == folder}
    if len(own) < 2 or not found[0].path.is_file():
        return [found]
    least = _DOCUMENTS if first.precedence >= STRUCTURED else 0
    runs: dict[str, list[FoundLog]] = {}
    for log in found:
        name = _stream(log.path)
        if log.path.parent == folder and (name in runs or log.reader.precedence > least):
            runs.setdefault(name, []).append(log)
    return [tuple(runs[name]) for name in sorted(runs)]


def _stream(path: Path) -> str:
    """Return the name of a log without what says which stream of its program it is."""
    return _STREAM.sub("", path.name)


def _folders(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each folder with its files, from the top down."""
    for name, folders, files in os.walk(root):
        folder = Path(name)
        parts = {sub for sub in folders if _PART_OF_A_RUN.fullmatch(sub)}
        if parts and not any(log.reader.precedence >= STRUCTURED for log in logs_at(folder)):
            parts = set()
        folders[:] = sorted(sub for sub in folders if not sub.startswith(".") and sub not in parts)
        paths = (folder / file for file in sorted(files) if not file.startswith("."))
        yield folder, [path for path in paths if path.is_file()]  # a pipe would never end


def logs_at(path: Path) -> tuple[FoundLog, ...]:
    """Return the logs at a path that exists, the one to judge first; empty without any."""
    return tuple(
        FoundLog(reader=reader, path=log) for reader in readers() for log in reader.find(path)
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, a null byte, a folder that may not be entered
        return False


def _looked_for(path: Path) -> str:
    wanted = "; ".join(reader.looks_for for reader in readers())
    if not path.is_dir():
        return f"A log is one of: {wanted}."
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        return f"The folder cannot be listed: {error.strerror or error}."
    names = [entry.name + "/" * entry.is_dir() for entry in entries]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    holds = f"The folder holds {shown}." if names else "The folder is empty."
    folders = [entry for entry in entries if entry.is_dir()][:_MOST_TRIED]
    deeper = [f"{entry.name}/" for entry in folders if logs_at(entry)][:_POINTED_AT]
    hint = (
        f" There are logs in {', '.join(deeper)}: name one of them, or judge all with --recursive."
        if deeper
        else ""
    )
    return f"Looked for: {wanted}. {holds}{hint}"
