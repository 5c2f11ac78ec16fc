"""Says which files of a folder are named after a split and were not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from diagnostics.format_finder import guess_format
from diagnostics.harmless_text import harmless
from diagnostics.split_finder import NOT_DATA, Sources, split_of_name

__all__ = ["notes_on_files_left_aside"]

_SHOWN = 5
_LOOKED_AT = 200
"""Files of a folder that are opened, so that a folder of thousands costs nothing."""


def notes_on_files_left_aside(source: str | Path, sources: Sources) -> tuple[str, ...]:
    """Return a sentence for each split of a folder that further files are named after.

    Args:
        source: What the user gave; only a folder can hold files that are not read.
        sources: What is read of it.
    """
    if not Path(source).is_dir():
        return ()
    used = {place.path for places in sources.values() for place in places}
    notes = []
    for split, places in sources.items():
        folder = places[0].path.parent
        if folder.is_relative_to(source) and places[0].path.is_file():
            left = [path.name for path in _named_after(split, folder) if path not in used]
            if left:
                read = ", ".join(harmless(place.path.name) for place in places[:_SHOWN])
                notes.append(f"The {split} split is {read}; {_listed(left)} left aside.")
    return tuple(notes)


def _named_after(split: str, folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return
    for path in paths[:_LOOKED_AT]:
        if path.suffix.lower() in NOT_DATA or split_of_name(path.stem) != split:
            continue
        if path.is_file() and guess_format(path) is not None:
            yield path


def _listed(names: list[str]) -> str:
    shown = ", ".join(harmless(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{shown}{more} {'was' if len(names) == 1 else 'were'}"
