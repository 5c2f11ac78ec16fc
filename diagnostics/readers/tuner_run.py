"""Reads the run directories that `tuner` itself writes, and the winner of a study."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers._documents import mapping, optional_mapping, read_lines
from diagnostics.readers._first_epoch import (
    first_epoch_events,
    first_epoch_facts,
    first_epoch_note,
    is_prepared,
    result_of,
)
from diagnostics.readers._log_history import steps_of
from diagnostics.readers._predictions import predictions_beside
from diagnostics.readers._study_folder import judged_run, run_folders
from diagnostics.readers._tuner_facts import dataset_of, model_of
from diagnostics.readers._vocabulary import figure, known_hyperparameters
from diagnostics.series import whole
from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory

__all__ = ["TunerRun"]

_HISTORY = "history.jsonl"
_METRICS = ("f1", "precision", "recall", "accuracy")
_PER_TYPE = ("precision", "recall", "f1", "support")
_MOST_TYPES = 1_000


class TunerRun(Reader):
    """Our own run directory with its `history.jsonl`, or a study, whose winner is read."""

    name: ClassVar[str] = "tuner_run"
    looks_for: ClassVar[str] = "history.jsonl (a run of tuner), study.json (a study)"
    precedence: ClassVar[int] = 100

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a run's folder by its history or settings, a study's by its trials."""
        listing = listing_of(path)
        if listing is not None:
            is_run = listing.has_file(_HISTORY) or is_prepared(path)
            return (path,) if is_run or run_folders(path) else ()
        return (path.parent,) if path.name == _HISTORY else ()

    def read(self, path: Path) -> RunHistory:
        """Read a run, or the run of a study that matters most."""
        if (path / _HISTORY).is_file() or is_prepared(path):
            return _read_run(path, ())
        run, note = judged_run(path)
        if not (run / _HISTORY).is_file() and not is_prepared(run):
            raise DiagnosticsError(
                f"The run in `{run}` has no {_HISTORY}.", "It was never begun; start it again."
            )
        return _read_run(run, (note,))


def _read_run(folder: Path, notes: Sequence[str]) -> RunHistory:
    entries, lost = read_lines(folder / _HISTORY) if (folder / _HISTORY).is_file() else ([], 0)
    told = list(notes)
    if lost:
        lines = "line" if lost == 1 else "lines"
        told.append(f"{lost} torn {lines} of {_HISTORY} could not be read: a crash while writing.")
    result = result_of(folder)
    if isinstance(reason := result.get("reason"), str) and reason:
        told.append(f"The run ended as {result.get('state', 'unknown')}: {reason}")
    reports = _reports(entries)
    epochs = tuple(_epoch(number, entry) for number, entry in reports.items())
    events = tuple(_event(entry) for entry in entries if entry.get("kind") == "event")
    config = _config(folder, result)
    if not epochs:
        events += first_epoch_events(result)
        config |= first_epoch_facts(folder)
        told += [note] if (note := first_epoch_note(result)) else []
    steps = steps_of(_log_rows(reports.values()), told)
    predictions = predictions_beside(folder, told)
    scored = any(point.metrics for point in epochs)
    has_loss = any(point.eval_loss is not None for point in epochs)
    return RunHistory(
        epochs=epochs,
        config=config,
        dataset=dataset_of(folder) | _padding(reports.values()),
        environment=optional_mapping(folder / "environment.json"),
        events=events,
        monitor="f1" if scored else "loss" if has_loss else None,
        higher_is_better=scored or not has_loss,
        source=str(folder),
        notes=tuple(told),
        steps=steps,
        predictions=predictions,
    )


def _reports(entries: Iterable[Mapping[str, Any]]) -> dict[float, Mapping[str, Any]]:
    """Return the epochs in their order; of one that was trained twice, the later line counts."""
    numbered = {}
    for entry in entries:
        number = figure(entry.get("epoch")) if entry.get("kind") == "epoch" else None
        if number is not None and 0 <= number < 1e9:
            numbered[number] = entry
    return {number: numbered[number] for number in sorted(numbered)}


def _padding(reports: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the share of padding among the tokens that the model computed."""
    tokens = padded = 0
    for report in reports:
        real, computed = whole(report.get("tokens")), whole(report.get("padded_tokens"))
        if real is not None and computed is not None and real <= computed:
            tokens, padded = tokens + real, padded + computed
    return {"padding_share": round(1 - tokens / padded, 4)} if padded else {}


def _log_rows(reports: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the step-level rows that the epochs carry, each step once, in order."""
    found: dict[int, dict[str, Any]] = {}
    for report in reports:
        logs = report.get("logs")
        for row in logs if isinstance(logs, list) else ():
            step = whole(row.get("step")) if isinstance(row, dict) else None
            if step is not None:
                found[step] = row
    return [found[step] for step in sorted(found)]


def _epoch(number: float, entry: Mapping[str, Any]) -> Epoch:
    scores = mapping(entry.get("scores"))
    return Epoch(
        number=number,
        step=whole(entry.get("step")),
        train_loss=figure(entry.get("train_loss")),
        eval_loss=figure(scores.get("loss")),
        metrics={
            name: value for name in _METRICS if (value := figure(scores.get(name))) is not None
        },
        learning_rate=figure(entry.get("learning_rate")),
        grad_norm=figure(entry.get("grad_norm")),
        seconds=figure(entry.get("seconds")),
        per_type=_per_type(mapping(scores.get("per_type"))),
    )


def _per_type(types: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    if len(types) > _MOST_TYPES:
        return {}
    return {
        name: {
            key: value
            for key in _PER_TYPE
            if (value := figure(mapping(given).get(key))) is not None
        }
        for name, given in types.items()
    }


def _event(entry: Mapping[str, Any]) -> RunEvent:
    epoch = figure(entry.get("epoch"))
    return RunEvent(
        kind=str(entry.get("event", "unknown")),
        message=str(entry.get("message", "")),
        epoch=epoch if epoch is not None and math.isfinite(epoch) else None,
        step=whole(entry.get("step")),
        details=mapping(entry.get("details")),
    )


def _config(folder: Path, result: Mapping[str, Any]) -> dict[str, Any]:
    written = optional_mapping(folder / "config.json")
    places = (mapping(written.get(name)) for name in ("extra", "training"))
    config = known_hyperparameters([written, *places])
    state = result.get("state")
    best_epoch_is_kept = {
        "load_best_model_at_end": True,
        "metric_for_best_model": "f1",
        "architecture": "TokenClassification",
    }
    told: dict[str, Any] = {"state": state if isinstance(state, str) else "running"}
    layers = whole(mapping(written.get("model")).get("layers"))
    if layers is not None:
        told["layers"] = layers
    return config | model_of(folder, written) | best_epoch_is_kept | told
