"""Reads TensorBoard event files: of the Hugging Face Trainer, Lightning, Keras, plain writers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers import _log_history as log
from diagnostics.readers._documents import mapping
from diagnostics.readers._event_file import is_event_file, read_event_file
from diagnostics.readers._event_folders import EVENTS, files_of_run, folders_in, newest_of
from diagnostics.readers._event_rows import rows_of_scalars
from diagnostics.readers._event_runs import LoggedRun, joined_runs
from diagnostics.readers._log_estimates import (
    evaluated_samples,
    peak_learning_rate,
    samples_per_step,
    times_of,
    trained_samples,
)
from diagnostics.readers._model_facts import facts_of_model
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._percentages import as_shares
from diagnostics.readers._training_arguments import config_of_arguments
from diagnostics.readers._vocabulary import figure
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TensorboardEvents"]

Row = dict[str, Any]
Scalar = tuple[int, str, float]

_PARENTS = ("runs", "logs", "lightning_logs", "tensorboard", "tb_logs")


class TensorboardEvents(Reader):
    """TensorBoard event files: one, all of a folder, or those in a `runs/` below it."""

    name: ClassVar[str] = "tensorboard_events"
    looks_for: ClassVar[str] = "events.out.tfevents.* (TensorBoard), also in runs/"
    precedence: ClassVar[int] = 60

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find an event file by its name or first bytes, or the folders of runs, newest first."""
        if listing_of(path) is None:
            known = path.is_file() and (EVENTS in path.name or is_event_file(path))
            return (path,) if known else ()
        if files_of_run(path):
            return (path,)
        places = [*folders_in(path), *(run for name in _PARENTS for run in folders_in(path / name))]
        runs = [place for place in places if files_of_run(place)]
        return tuple(sorted(runs, key=newest_of, reverse=True))

    def read(self, path: Path) -> RunHistory:
        """Read one file, or the files of a folder that belong to one run.

        Raises:
            DiagnosticsError: None of the files can be read, or they hold no figures.
        """
        found = _load(files_of_run(path) if path.is_dir() else [("", path)], path)
        notes = found.notes
        epochs = log.epochs_of(found.rows, notes)
        if not epochs:
            raise DiagnosticsError(
                f"`{path}` holds no loss and no score: nothing was logged to TensorBoard.",
                " ".join(notes),
            )
        has_loss = any(point.eval_loss is not None for point in epochs)
        metrics = [point.metrics for point in epochs if point.metrics]
        config = found.config
        monitor, higher = choose_monitor(metrics, best=None, has_loss=has_loss, config=config)
        rate = peak_learning_rate(found.rows, figure(config.get("max_steps")))
        return RunHistory(
            epochs=as_shares(epochs, notes),
            config={**({} if rate is None else {"learning_rate": rate}), **config},
            dataset=_dataset(found.rows, config),
            environment=times_of(found.rows, {}),
            monitor=monitor,
            higher_is_better=higher,
            source=str(path),
            steps=log.steps_of(found.rows, notes),
            notes=tuple(notes),
        )


@dataclass(slots=True)
class _Found:
    """What the files of a run hold together."""

    rows: list[Row] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _load(files: Sequence[tuple[str, Path]], path: Path) -> _Found:
    """Read the files of a run; of files that contradict each other the longest counts."""
    found = _Found()
    logs: list[LoggedRun] = []
    in_folders: list[Scalar] = []
    shared: dict[str, Any] = {}
    for split, file in files:
        try:
            events = read_event_file(file)
        except DiagnosticsError as error:
            if len(files) == 1:
                raise
            found.notes.append(f"{error.message} It was left out.")
            continue
        found.notes.extend(events.notes)
        config = dict(_config(events.texts.items()))
        if split:
            shared = config | shared
            in_folders += [(step, f"{split}/{tag}", value) for step, tag, value in events.scalars]
        else:
            rows = rows_of_scalars(events.scalars, found.notes)
            logs.append(LoggedRun(rows=log.rows_of(rows), config=config, name=file.name))
    if in_folders:
        rows = rows_of_scalars(in_folders, found.notes, in_folders=True)
        logs.append(LoggedRun(rows=log.rows_of(rows), config=shared, name=path.name))
    joined, others = joined_runs([entry for entry in logs if entry.rows or entry.config])
    found.rows, found.config = joined.rows, joined.config
    found.notes += [f"{name} belongs to another run and was left out." for name in others]
    found.notes = list(dict.fromkeys(found.notes))
    return found


def _config(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """Yield hyperparameters from the texts that the Trainer logs at the start of a run."""
    for tag, text in texts:
        if not tag.startswith(("args", "model_config")):
            continue
        try:
            value = mapping(json.loads(text))
        except (ValueError, RecursionError, MemoryError):
            continue
        if tag.startswith("args"):
            yield from config_of_arguments(value).items()
        else:
            # The architecture is still that of the pretrained model.
            facts = facts_of_model(value)
            yield from ((name, fact) for name, fact in facts.items() if name != "architecture")


def _dataset(rows: list[Row], config: dict[str, Any]) -> dict[str, Any]:
    dataset: dict[str, Any] = {}
    dev = evaluated_samples(rows)
    if dev is not None:
        dataset["dev_sentences"] = dev
    state = {
        "num_train_epochs": config.get("epochs"),
        "train_batch_size": samples_per_step(config),
    }
    train = trained_samples(rows, state)
    if train is not None:
        dataset["train_sentences_estimated"] = train
    return dataset
