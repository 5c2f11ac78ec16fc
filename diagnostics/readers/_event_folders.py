"""Which event files of TensorBoard belong to one run, and where they lie."""

from __future__ import annotations

import re
from pathlib import Path

from diagnostics.folder_listing import files_among, folders_among
from diagnostics.readers._columns import meaning_of
from diagnostics.readers._name_words import Split

__all__ = ["EVENTS", "files_of_run", "folders_in", "newest_of"]

EVENTS = "events.out.tfevents."
"""What the name of an event file holds."""

_TIME = re.compile(r"tfevents\.(\d{1,12})")
_MOST_FILES = 200
_FOLDERS = {Split.TRAIN: "train", Split.DEVELOPMENT: "validation", Split.TEST: "test"}


def folders_in(path: Path) -> list[Path]:
    """Return the folders in a folder, by name; none if it is none."""
    return [path / name for name in sorted(folders_among(path))[:_MOST_FILES]]


def _events_in(folder: Path) -> list[Path]:
    """Return the event files of a folder in the order of their time, which is in the name."""
    names = sorted(name for name in files_among(folder) if EVENTS in name)
    return [folder / name for name in names[:_MOST_FILES]]


def files_of_run(folder: Path) -> list[tuple[str, Path]]:
    """Return the event files of a run; those in `train/`, `Loss_val/`, ... with their split."""
    own = [("", file) for file in _events_in(folder)]
    if own:
        return own
    parts = [(_split_of(place.name), place) for place in folders_in(folder)]
    return [(split, file) for split, place in parts if split for file in _events_in(place)]


def _split_of(name: str) -> str:
    """Return the split that the name of a folder tells; empty if it tells none."""
    for tag in (f"{name}/loss", name):
        meaning = meaning_of(tag)
        if meaning is not None and not meaning.name and meaning.split in _FOLDERS:
            return _FOLDERS[meaning.split]
    return ""


def newest_of(folder: Path) -> float:
    """Return when the latest event file of a run was begun, in seconds since 1970.

    Its name tells; a file under another name is as old as its last change.
    """
    return max((_begun(file) for _, file in files_of_run(folder)), default=0.0)


def _begun(file: Path) -> float:
    told = _TIME.search(file.name)
    if told is not None:
        return float(told[1])
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
