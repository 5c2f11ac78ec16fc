"""Checkpoints that are either complete or not there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics.subjects.run_history import RunEvent
from tuner.trial import EpochReport, Scores, TypeScores

__all__ = ["latest_checkpoint", "seal_checkpoint", "stored_reports"]

MARKER = "reports.json"
"""Written last: a checkpoint without it was cut short and is ignored."""


def seal_checkpoint(folder: Path, reports: Sequence[EpochReport]) -> None:
    """Mark a checkpoint as complete, with the reports of its epochs, and delete older ones."""
    # transformers pickles its arguments into each checkpoint; nobody reads them, nobody shall.
    (folder / "training_args.bin").unlink(missing_ok=True)
    temporary = folder / f"{MARKER}.tmp"
    text = json.dumps([dataclasses.asdict(report) for report in reports])
    temporary.write_text(text, encoding="utf-8")
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


def stored_reports(checkpoint: Path) -> list[EpochReport]:
    """Read the epoch reports that a checkpoint covers; empty when they cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        entries = json.loads((checkpoint / MARKER).read_text(encoding="utf-8"))
        return [_report(entry) for entry in entries]
    return []


def _report(entry: Mapping[str, Any]) -> EpochReport:
    scores = dict(entry["scores"])
    scores["per_type"] = {
        name: TypeScores(**values) for name, values in scores["per_type"].items()
    }
    if scores["counts"] is not None:
        scores["counts"] = tuple(tuple(row) for row in scores["counts"])
    return EpochReport(
        **{
            **entry,
            "scores": Scores(**scores),
            "events": tuple(RunEvent(**event) for event in entry["events"]),
            "logs": tuple(entry["logs"]),
        }
    )
