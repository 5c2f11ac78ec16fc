"""Reads `trainer_state.json`, the log of the Hugging Face Trainer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.reader import Reader
from diagnostics.readers import _log_history as log
from diagnostics.readers._documents import (
    items_of,
    mapping,
    optional_mapping,
    read_bytes,
    read_mapping,
)
from diagnostics.readers._vocabulary import choose_monitor, figure, known_hyperparameters
from diagnostics.series import whole
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TrainerState"]

_NAME = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_BESIDE = ("config.json", "all_results.json", "eval_results.json", "train_results.json")


class TrainerState(Reader):
    """Hugging Face Trainer: the file alone, in a run directory, or in its checkpoints."""

    name: ClassVar[str] = "trainer_state"
    looks_for: ClassVar[str] = "trainer_state.json (Hugging Face Trainer), also in checkpoint-*/"
    precedence: ClassVar[int] = 80

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find the file by its name or its first bytes, or a folder that holds it."""
        if path.is_dir():
            return (path,) if _states_in(path) else ()
        if path.name == _NAME or _looks_like_state(path):
            return (path,)
        return ()

    def read(self, path: Path) -> RunHistory:
        """Read the latest state of a folder, or one file."""
        notes: list[str] = []
        state, file = _latest(path, notes) if path.is_dir() else (_load(path, notes), path)
        rows = log.rows_of(state.get("log_history"))
        epochs = log.epochs_of(rows, notes)
        metrics = [point.metrics for point in epochs if point.metrics]
        monitor, higher = choose_monitor(
            metrics,
            best=figure(state.get("best_metric")),
            has_loss=any(point.eval_loss is not None for point in epochs),
        )
        folder = path if path.is_dir() else path.parent
        beside = [
            optional_mapping(place / name) for place in {folder, file.parent} for name in _BESIDE
        ]
        return RunHistory(
            epochs=epochs,
            config=_config(state, rows, beside),
            dataset=_dataset(state, rows, beside),
            monitor=monitor,
            higher_is_better=higher,
            source=str(file),
            notes=tuple(notes),
        )


def _states_in(folder: Path) -> list[Path]:
    """Return the state files of a folder: its own first, then its checkpoints, latest first."""
    own = folder / _NAME
    try:
        numbered = [
            (int(match[1][:18]), entry / _NAME)
            for entry in folder.iterdir()
            if (match := _CHECKPOINT.fullmatch(entry.name)) and (entry / _NAME).is_file()
        ]
    except OSError:
        numbered = []
    checkpoints = [path for _, path in sorted(numbered, reverse=True)]
    return [own, *checkpoints] if own.is_file() else checkpoints


def _looks_like_state(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"log_history"' in start


def _latest(folder: Path, notes: list[str]) -> tuple[dict[str, Any], Path]:
    """Return the state with the most steps; earlier ones of the same run add rows it lacks."""
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
    return {**state, "log_history": rows}, file


def _load(path: Path, notes: list[str]) -> dict[str, Any]:
    """Return a state; of a file that was cut off, as many rows as are whole."""
    try:
        return read_mapping(path)
    except DiagnosticsError:
        rows = items_of(read_bytes(path), "log_history")
        if not rows:
            raise
    notes.append(f"{path.name} is cut off or damaged; {len(rows)} log rows could be read.")
    return {"log_history": rows}


def _config(
    state: dict[str, Any],
    rows: list[dict[str, Any]],
    beside: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the hyperparameters that the state tells or its log shows."""
    config = known_hyperparameters([state, mapping(state.get("trial_params"))])
    rate = log.peak_learning_rate(rows, figure(state.get("max_steps")))
    if rate is not None:
        config.setdefault("learning_rate", rate)
    for model in beside:
        architectures = model.get("architectures")
        if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
            config.setdefault("architecture", architectures[0])
    steps = whole(state.get("global_step"))
    if steps is not None:
        config["steps_done"] = steps
    return config


def _dataset(
    state: dict[str, Any], rows: list[dict[str, Any]], beside: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the sizes of the splits: exact from result files, else computed from the log."""
    dataset: dict[str, Any] = {}
    for results in beside:
        for key, name in (("train_samples", "train_sentences"), ("eval_samples", "dev_sentences")):
            if (count := whole(results.get(key))) is not None:
                dataset.setdefault(name, count)
    dev = log.evaluated_samples(rows)
    if dev is not None:
        dataset.setdefault("dev_sentences", dev)
    train = log.trained_samples(rows, state)
    if train is not None:
        dataset.setdefault("train_sentences_estimated", train)
    return dataset
