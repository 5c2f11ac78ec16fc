"""Reads `trainer_state.json`, the log of the Hugging Face Trainer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import folders_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers import _log_history as log
from diagnostics.readers._documents import items_of, read_bytes, read_mapping
from diagnostics.readers._large_state import LARGE, read_large_state
from diagnostics.readers._log_estimates import times_of
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._neighbours import neighbours_of
from diagnostics.readers._percentages import as_shares
from diagnostics.readers._predictions import predictions_beside
from diagnostics.readers._state_facts import (
    config_of_state,
    dataset_of_state,
    events_of,
    with_final_evaluation,
)
from diagnostics.readers._vocabulary import figure
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TrainerState"]

_NAME = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


class TrainerState(Reader):
    """Hugging Face Trainer: the file alone, in a run directory, or in its checkpoints."""

    name: ClassVar[str] = "trainer_state"
    looks_for: ClassVar[str] = "trainer_state.json (Hugging Face Trainer), also in checkpoint-*/"
    precedence: ClassVar[int] = 80

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find the file by its name or its first bytes, or a folder that holds it."""
        if listing_of(path) is not None:
            return (path,) if _states_in(path) else ()
        if path.name == _NAME or (path.is_file() and _looks_like_state(path)):
            return (path,)
        return ()

    def read(self, path: Path) -> RunHistory:
        """Read the latest state of a folder, or one file.

        Raises:
            DiagnosticsError: It cannot be read, or tells of no step: the run had not begun.
        """
        notes: list[str] = []
        if path.is_dir():
            state, rows, file = _latest(path, notes)
        else:
            state, file = _load(path, notes), path
            rows = log.rows_of(state.get("log_history"))
        beside = neighbours_of(_folders_of(file), rows, notes)
        epochs = log.epochs_of(rows, notes)
        epochs = with_final_evaluation(epochs, state, beside.results, notes)
        config = config_of_state(state, rows, beside.config)
        monitor, higher = choose_monitor(
            [point.metrics for point in epochs if point.metrics],
            best=figure(state.get("best_metric")),
            has_loss=any(point.eval_loss is not None for point in epochs),
            config=config,
        )
        steps = log.steps_of(rows, notes)
        predictions = predictions_beside(file.parent, notes)
        if not epochs and not steps and not config.get("steps_done"):
            raise DiagnosticsError(
                f"`{file}` tells of no training: it holds no loss, no score and no step done.",
                "Give the state of a run that has logged something.",
            )
        return RunHistory(
            epochs=as_shares(epochs, notes),
            config=config,
            dataset=dataset_of_state(state, rows, beside.results, config) | beside.dataset,
            environment={**times_of(rows, beside.results), **beside.environment},
            events=events_of(rows),
            monitor=monitor,
            higher_is_better=higher,
            source=str(file),
            steps=steps,
            notes=tuple(notes),
            predictions=predictions,
        )


def _folders_of(file: Path) -> list[Path]:
    """Return the folder of a state, and that of the run if it is a checkpoint's."""
    folder = file.parent
    return [folder, folder.parent] if _CHECKPOINT.fullmatch(folder.name) else [folder]


def _states_in(folder: Path) -> list[Path]:
    """Return the state files of a folder: its own first, then its checkpoints, latest first."""
    matches = filter(None, map(_CHECKPOINT.fullmatch, folders_among(folder)))
    numbered = ((int(match[1][:18]), folder / match[0] / _NAME) for match in matches)
    checkpoints = [path for _, path in sorted(numbered, reverse=True) if path.is_file()]
    listing = listing_of(folder)
    own = listing is not None and listing.has_file(_NAME)
    return [folder / _NAME, *checkpoints] if own else checkpoints


def _looks_like_state(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"log_history"' in start


def _latest(folder: Path, notes: list[str]) -> tuple[dict[str, Any], list[log.Row], Path]:
    """Return the state with the most steps, its rows and those that it lacks, and its file.

    The rows that it lacks come from earlier states of the same run.
    """
    loaded = []
    for file in _states_in(folder):
        try:
            loaded.append((_load(file, notes), file))
        except DiagnosticsError as error:
            notes.append(f"{error.message} It was left out.")
    if not loaded:
        raise DiagnosticsError(f"No trainer_state.json in `{folder}` can be read.", " ".join(notes))
    # max() keeps the first of equals: the folder's own file, written at the end of the run.
    state, file = max(loaded, key=lambda item: figure(item[0].get("global_step")) or 0)
    rows = log.rows_of(state.get("log_history"))
    for other, other_file in loaded:
        if other is state:
            continue
        merged = log.merged(log.rows_of(other.get("log_history")), rows)
        if merged is None:
            notes.append(f"{other_file.parent.name} belongs to another run and was left out.")
        elif len(merged) > len(rows):
            notes.append(f"{len(merged) - len(rows)} log rows come from {other_file.parent.name}.")
            rows = merged
    return state, rows, file


def _load(path: Path, notes: list[str]) -> dict[str, Any]:
    """Return a state; of a file that was cut off, as many rows as are whole."""
    if _size(path) > LARGE:
        return read_large_state(path, notes)
    try:
        return read_mapping(path)
    except DiagnosticsError:
        rows = items_of(read_bytes(path), "log_history")
        if not rows:
            raise
    notes.append(f"{path.name} is cut off or damaged; {len(rows)} log rows could be read.")
    return {"log_history": rows}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
