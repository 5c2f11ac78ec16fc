"""Checkpoints that are either complete or not there, and of which nothing but tensors is read."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers.trainer_pt_utils import safe_globals

from diagnostics.subjects.run_history import RunEvent
from tuner.trial import EpochReport
from tuner.values import from_plain, to_plain

__all__ = [
    "RunningEpoch",
    "is_readable",
    "latest_checkpoint",
    "seal_checkpoint",
    "stored_reports",
    "stored_running",
]

MARKER = "reports.json"
"""Written last: a checkpoint without it was cut short and is ignored."""

_RUNNING = "running.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningEpoch:
    """What a training has counted since its last report.

    Attributes:
        loss: Sum of the losses over words.
        words: Scored words.
        tokens: Real sub-tokens.
        padded_tokens: The same with padding.
        seconds: Wall time.
        events: What happened.
        logs: Step-level entries.
    """

    loss: float = 0.0
    words: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    seconds: float = 0.0
    events: tuple[RunEvent, ...] = ()
    logs: tuple[Mapping[str, Any], ...] = ()


def seal_checkpoint(
    folder: Path, reports: Sequence[EpochReport], running: RunningEpoch | None = None
) -> None:
    """Mark a checkpoint as complete, with the reports of its epochs, and delete older ones.

    Args:
        folder: The checkpoint.
        reports: Those that its weights cover.
        running: What was counted since the last of them; None for nothing.
    """
    # transformers pickles its arguments into each checkpoint; nobody reads them, nobody shall.
    (folder / "training_args.bin").unlink(missing_ok=True)
    (folder / _RUNNING).write_text(json.dumps(to_plain(running or RunningEpoch())), "utf-8")
    temporary = folder / f"{MARKER}.tmp"
    temporary.write_text(json.dumps(to_plain(reports)), encoding="utf-8")
    temporary.replace(folder / MARKER)
    for other in folder.parent.glob("checkpoint-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def latest_checkpoint(folder: Path) -> Path | None:
    """Find the latest complete checkpoint of a training; None when there is none."""
    complete = [
        entry
        for entry in folder.glob("checkpoint-*")
        if entry.name.rpartition("-")[2].isdigit() and (entry / MARKER).is_file()
    ]
    return max(complete, key=lambda entry: int(entry.name.rpartition("-")[2]), default=None)


def is_readable(checkpoint: Path) -> bool:
    """Whether the optimizer, the schedule and the random state can be read as plain tensors.

    A run folder may be damaged, or come from a stranger who put a pickle with code there; torch
    refuses to read both.
    """
    try:
        with safe_globals():
            for path in sorted(checkpoint.glob("*.pt*")):
                torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - torch, zipfile and pickle share no base class
        return False
    return True


def stored_reports(checkpoint: Path) -> list[EpochReport]:
    """Read the epoch reports that a checkpoint covers; empty when they cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        entries = json.loads((checkpoint / MARKER).read_text(encoding="utf-8"))
        return [from_plain(EpochReport, entry) for entry in entries]
    return []


def stored_running(checkpoint: Path) -> RunningEpoch:
    """Read what a checkpoint has counted since its last report; nothing when it cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        entry = json.loads((checkpoint / _RUNNING).read_text(encoding="utf-8"))
        return from_plain(RunningEpoch, entry)
    return RunningEpoch()
