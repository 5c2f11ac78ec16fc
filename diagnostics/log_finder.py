"""Finds the logs at a path: of one run, or of every run below a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeVar

from diagnostics import catalogue
from diagnostics._nothing_found import nothing_found
from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import shared_listings
from diagnostics.reader import Reader

__all__ = ["STRUCTURED", "FoundLog", "find_logs", "find_runs", "logs_at", "readers"]

Item = TypeVar("Item")

_MOST_FOLDERS = 100_000
"""Folders looked into below one path: far more than a disk of runs has, and an end for loops."""

_MOST_FURTHER = 10_000
"""Logs of one kind in one folder beyond those that are found at once."""

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
        raise nothing_found(path, _looked_for(), lambda place: bool(logs_at(place)))
    return found


def find_runs(root: Path, lost: list[str] | None = None) -> Iterator[tuple[FoundLog, ...]]:
    """Yield the logs of each run below a folder, folder by folder in their order.

    A folder with a log is one run, and so is each log file of a folder that is none itself, or in
    which one reader knows several files. A log that several folders claim, such as that of the
    latest version in it, is yielded once.
    Checkpoints and further logs belong to the run above them. Links to folders are not followed,
    hidden folders not entered.

    Args:
        root: The folder, or a single log.
        lost: Takes a sentence for each limit that left something out, while the runs are drawn.

    Raises:
        DiagnosticsError: The path does not exist, or there is no log below it.
    """
    if not root.is_dir():
        yield find_logs(root)
        return
    seen: set[Path] = set()
    cut: list[str] = [] if lost is None else lost
    for folder, files in _first(_MOST_FOLDERS, _folders(root), cut, f"folders below `{root}`"):
        with shared_listings():
            found = logs_at(folder)
            found += tuple(_further(folder, found, cut))
        groups = _runs_of(folder, found) if found else [logs_at(file) for file in files]
        for group in filter(None, groups):
            if group[0].path not in seen:
                seen.add(group[0].path)
                yield group
    if not seen:
        wanted = "; ".join(_looked_for())
        raise DiagnosticsError(
            f"No training log was found below `{root}`.", f"Looked for: {wanted}."
        )


def _further(folder: Path, found: Sequence[FoundLog], cut: list[str]) -> Iterator[FoundLog]:
    """Yield the logs of a folder that its readers did not take the time to look for."""
    for reader in dict.fromkeys(log.reader for log in found):
        what = f"logs in `{folder}` after the first ones"
        for path in _first(_MOST_FURTHER, reader.find_more(folder), cut, what):
            yield FoundLog(reader=reader, path=path)


def _first(most: int, items: Iterator[Item], cut: list[str], what: str) -> Iterator[Item]:
    """Yield the first items; where there are more, say so."""
    yield from islice(items, most)
    if next(items, None) is not None:
        cut.append(f"Only the first {most:,} {what} were looked at; name the others by themselves.")


def _runs_of(folder: Path, found: tuple[FoundLog, ...]) -> list[tuple[FoundLog, ...]]:
    """Return the logs of a folder run by run: all of one, or those of each file.

    What one reader knows as several files are several runs; a folder that is read as a whole, or a
    single log with other accounts of it beside it, is one.
    """
    first = found[0].reader
    if found[0].path.is_dir() and found[0].path != folder:
        # Folders of runs below this one, such as those of TensorBoard: each is looked into by
        # itself, so this one speaks for the first of them only.
        beside = found[0].path.parent
        return [tuple(log for log in found if log == found[0] or log.path.parent != beside)]
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


def _folders(root: Path) -> Iterator[tuple[Path, Iterator[Path]]]:
    """Yield each folder with its files, from the top down."""
    for name, folders, files in os.walk(root):
        folder = Path(name)
        parts = {sub for sub in folders if _PART_OF_A_RUN.fullmatch(sub)}
        if parts and not _has_own_log(folder, parts):
            parts = set()
        folders[:] = sorted(sub for sub in folders if not sub.startswith(".") and sub not in parts)
        paths = (folder / file for file in sorted(files) if not file.startswith("."))
        yield folder, (path for path in paths if path.is_file())  # a pipe would never end


def _has_own_log(folder: Path, parts: set[str]) -> bool:
    """Whether a run's own log lies in a folder, not only in those of its parts."""
    own = (log.path for log in logs_at(folder) if log.reader.precedence >= STRUCTURED)
    inside = [folder / part for part in parts]
    return any(not any(path.is_relative_to(part) for part in inside) for path in own)


def logs_at(path: Path) -> tuple[FoundLog, ...]:
    """Return the logs at a path that exists, the one to judge first; empty without any."""
    with shared_listings():
        return tuple(
            FoundLog(reader=reader, path=log)
            for reader in readers()
            for log in _found(reader, path)
        )


def _found(reader: Reader, path: Path) -> Sequence[Path]:
    """Return what a reader finds; nothing when a stranger's file is too much for it."""
    try:
        return reader.find(path)
    except DiagnosticsError:
        raise
    except Exception:  # noqa: BLE001 - the other readers shall be asked, whatever it is
        return ()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, a null byte, a folder that may not be entered
        return False


def _looked_for() -> list[str]:
    return [reader.looks_for for reader in readers()]
