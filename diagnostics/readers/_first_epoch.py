"""How a run of `tuner` ended, and what is known of one that has reported no epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diagnostics.folder_listing import listing_of
from diagnostics.readers._documents import mapping, optional_mapping
from diagnostics.readers._vocabulary import figure
from diagnostics.subjects.run_history import RunEvent

__all__ = [
    "first_epoch_events",
    "first_epoch_facts",
    "first_epoch_note",
    "is_prepared",
    "result_of",
]

_INTERRUPTED = "interrupted"


def result_of(folder: Path) -> Mapping[str, Any]:
    """Return how a run ended: by its own result, else by the summary of its study.

    A search that is stopped at once ends its trainings without a word from them.
    """
    result = optional_mapping(folder / "result.json")
    if isinstance(result.get("state"), str):
        return result
    config, summary = folder / "config.json", folder.parent.parent / "summary.json"
    if not _is_newer(summary, config):  # the study goes on, and its last summary is an old one
        return result
    key = optional_mapping(config).get("key")
    rows = optional_mapping(summary).get("rows")
    for row in map(mapping, rows if isinstance(rows, list) else ()):
        if row.get("key") == key and row.get("state") == _INTERRUPTED:
            note = str(row.get("note") or "").removeprefix(f"{_INTERRUPTED}: ")
            return {**result, "state": _INTERRUPTED, "reason": note}
    return result


def _is_newer(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_mtime_ns >= other.stat().st_mtime_ns
    except OSError:
        return False


def is_prepared(folder: Path) -> bool:
    """Whether a folder is that of a run that `tuner` has begun, whatever was logged since."""
    listing = listing_of(folder)
    if listing is None or not all(map(listing.has_file, ("config.json", "environment.json"))):
        return False
    config = optional_mapping(folder / "config.json")
    return isinstance(config.get("key"), str) and "learning_rate" in config


def first_epoch_facts(folder: Path) -> dict[str, Any]:
    """Return `epochs_done`, the share of the first epoch, where the loop of the study told it."""
    key = str(optional_mapping(folder / "config.json").get("key"))
    progress = optional_mapping(folder.parent.parent / "progress.json")
    done = figure(mapping(progress.get("trained")).get(key))
    return {} if done is None or not 0 < done < 1e6 else {"epochs_done": round(done, 2)}


def first_epoch_events(result: Mapping[str, Any]) -> tuple[RunEvent, ...]:
    """Return that the run was interrupted, with its own words; empty where it was not."""
    if result.get("state") != _INTERRUPTED:
        return ()
    reason = result.get("reason")
    message = reason if isinstance(reason, str) and reason else "Interrupted."
    return (RunEvent(kind=_INTERRUPTED, message=message),)


def first_epoch_note(result: Mapping[str, Any]) -> str:
    """Say how a run without an epoch stands that has not told its end; empty for another."""
    if isinstance(result.get("state"), str):
        return ""
    return (
        "It has reported no epoch: it is in its first one, or was killed there. Where nothing runs "
        "any more, the same command goes on with it"
    )
