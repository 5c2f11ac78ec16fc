"""Run directories: written line by line while a training runs, read back without torch or Optuna.

```
trials/0007/  config.json environment.json history.jsonl
              trainer_state.json result.json dev_counts.json
              dev_predictions.jsonl (the engine writes it)
```
"""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from diagnostics.subjects.run_history import RunEvent
from tuner.errors import StudyError
from tuner.search.documents import (
    append_line,
    cut_torn_line,
    guard_writing,
    read_json,
    read_lines,
    write_json,
    write_lines,
)
from tuner.search.run_record import Role, RunRecord
from tuner.search.trainer_state import trainer_state
from tuner.trial import EpochReport, TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = ["RUN_FILES", "RunRecorder", "light", "prepare_run", "read_counts", "read_run"]

HISTORY = "history.jsonl"
RESULT = "result.json"
COUNTS = "dev_counts.json"
RUN_FILES = ("config.json", HISTORY, RESULT)
"""What `read_run` reads; when none of them changed, the training did not either."""

SECONDS_BETWEEN = 1.0
"""Least time between two writes of `trainer_state.json`."""

ALONE = "train"
"""Origin of a training outside of a study."""

Entry = dict[str, Any]


def prepare_run(run: RunRecord, facts: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
    """Create the folder of a training with its configuration and environment.

    Args:
        run: The training.
        facts: What to write beside its hyperparameters (model, data, study).
        environment: Library versions and the device.

    Raises:
        StudyError: When the folder cannot be written.
    """
    with guard_writing(run.directory):
        run.directory.mkdir(parents=True, exist_ok=True)
        (run.directory / RESULT).unlink(missing_ok=True)
    identity = {"key": run.key, "number": run.number, "role": run.role, "origin": run.origin}
    write_json(run.directory / "environment.json", environment, durable=False)
    write_json(run.directory / "config.json", {**to_plain(run.spec), **identity, **facts})


class RunRecorder:
    """Writes the files of one training while it runs.

    A training that goes on after a crash reports the epochs of its checkpoint again. Lines that are
    there already stay as they are; from the first epoch that came out differently, or was lost,
    the history is written anew.

    What it costs: the disk is waited for once for each epoch and event (a line of the history), for
    the counts of a best epoch, and for the result. `trainer_state.json` holds all epochs again; it
    is written at most once a second, and at the end.

    Args:
        directory: Folder of the training, made by `prepare_run`.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._path = directory / HISTORY
        cut_torn_line(self._path)
        self._entries = read_lines(self._path)
        self._reports: list[EpochReport] = []
        self._clock = clock
        self._state_due = -math.inf
        self._is_state_old = False

    @property
    def known_epochs(self) -> int:
        """Epochs in the history of earlier sessions."""
        return max((entry["epoch"] for entry in self._entries if _is_epoch(entry)), default=0)

    def epoch(self, report: EpochReport) -> bool:
        """Record an epoch with its events; False when the history held it already."""
        self._reports.append(report)
        entry = _epoch_entry(report)
        known = [e for e in self._entries if _is_epoch(e) and e["epoch"] == report.epoch]
        is_new = not known or _result_of(known[0]) != _result_of(entry)
        if known and is_new:
            self._forget_from(report.epoch)
        for event in report.events:  # an epoch trained again may equal the first and tell more
            self.event(event)
        if is_new:
            self._append(entry)
        return is_new

    def is_replayed(self, report: EpochReport) -> bool:
        """Whether a report is one of an earlier session, sent again from a checkpoint.

        An epoch that was really trained again took another time, whatever else came out.
        """
        entry = repr(_epoch_entry(report))
        return any(_is_epoch(known) and repr(known) == entry for known in self._entries)

    def event(self, event: RunEvent) -> None:
        """Record an event, once."""
        entry = {"kind": "event", **_renamed_kind(to_plain(event))}
        if entry not in self._entries:
            self._append(entry)

    def save_progress(self, run: RunRecord) -> None:
        """Write `trainer_state.json`, and the counts per sentence when the last epoch is best.

        The former waits for the next epoch, or the end, where it was written just before.
        """
        self._is_state_old = True
        if self._clock() >= self._state_due:
            self._save_state(run)
        last = self._reports[-1] if self._reports else None
        if last and last.scores.counts and run.best and run.best.epoch == last.epoch:
            write_json(self._directory / COUNTS, list(last.scores.counts))

    def end(self, run: RunRecord) -> None:
        """Write how the training ended; this is what makes it count."""
        if self._is_state_old:
            self._save_state(run)
        if run.ended and self.known_epochs > run.epoch:
            self._forget_from(run.epoch + 1)
        write_json(self._directory / RESULT, _result(run))

    def _save_state(self, run: RunRecord) -> None:
        state = trainer_state(run.spec, self._reports, run.best)
        write_json(self._directory / "trainer_state.json", state, durable=False)
        self._is_state_old = False
        self._state_due = self._clock() + SECONDS_BETWEEN

    def _append(self, entry: Entry) -> None:
        append_line(self._path, entry)
        self._entries.append(to_plain(entry))

    def _forget_from(self, epoch: int) -> None:
        self._entries = [entry for entry in self._entries if _is_before(entry, epoch)]
        write_lines(self._path, self._entries)


def read_run(directory: Path) -> RunRecord | None:
    """Return a training as its folder tells it, or None when it was never begun.

    Without a result the state is RUNNING, whether or not somebody still works on it.

    Raises:
        StudyError: When its configuration or result cannot be read.
    """
    config = read_json(directory / "config.json")
    if config is None:
        return None
    entries = read_lines(directory / HISTORY)
    result = read_json(directory / RESULT) or {}
    try:
        return RunRecord(
            key=_checked_key(config, directory),
            number=operator.index(config["number"]),
            spec=from_plain(TrialSpec, config),
            role=_checked_role(config["role"]),
            origin=str(config["origin"]),
            directory=directory,
            state=TrialState(result.get("state", TrialState.RUNNING)),
            reports=tuple(_report(entry) for entry in entries if _is_epoch(entry)),
            events=tuple(_event(entry) for entry in entries if not _is_epoch(entry)),
            reason=str(result.get("reason", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"The training in `{directory}` cannot be read: {error!r}.",
            "Delete the folder to train it again.",
        ) from error


def read_counts(directory: Path) -> tuple[tuple[int, int, int], ...] | None:
    """Return (correct, predicted, gold) entities per development sentence at the best epoch."""
    counts = read_json(directory / COUNTS)
    if counts is None:
        return None
    try:
        return tuple((int(correct), int(said), int(gold)) for correct, said, gold in counts)
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"`{directory / COUNTS}` holds no counts of entities: {error!r}.",
            "Delete the folder to train it again.",
        ) from error


def _checked_key(config: Entry, directory: Path) -> str:
    """Return the key of a training, which names its folder: others could lead out of the study.

    The folder of a training outside of a study may have been moved or copied since.
    """
    if config["origin"] == ALONE:
        return directory.name
    key = config["key"]
    if key != directory.name:
        raise ValueError(f"its key is {key!r}, but its folder is {directory.name!r}")
    return str(key)


def _checked_role(role: object) -> Role:
    if role not in get_args(Role):
        raise ValueError(f"there is no role {role!r}")
    return cast(Role, role)


def light(report: EpochReport) -> EpochReport:
    """Return a report without counts per sentence, logs and events: what memory keeps of it."""
    return replace(report, scores=replace(report.scores, counts=None), logs=(), events=())


def _result(run: RunRecord) -> dict[str, Any]:
    best = run.best
    return {
        "state": run.state,
        "reason": run.reason,
        "score": run.score,
        "best_epoch": None if best is None else best.epoch,
        "seconds": run.seconds,
        "epochs_done": run.epoch,
        "scores": None if best is None else best.scores,
    }


def _epoch_entry(report: EpochReport) -> Entry:
    kept = replace(report, scores=replace(report.scores, counts=None), events=())
    return {"kind": "epoch", **to_plain(kept)}


def _report(entry: Entry) -> EpochReport:
    return light(from_plain(EpochReport, entry))


def _event(entry: Entry) -> RunEvent:
    return from_plain(RunEvent, {**entry, "kind": entry["event"]})


def _renamed_kind(event: Entry) -> Entry:
    """Make room for the line's own kind: an event's kind is written as `event`."""
    return {"event": event["kind"], **{k: v for k, v in event.items() if k != "kind"}}


def _is_epoch(entry: Entry) -> bool:
    return entry.get("kind") == "epoch" and isinstance(entry.get("epoch"), int)


def _is_before(entry: Entry, epoch: int) -> bool:
    if _is_epoch(entry):
        return bool(entry["epoch"] < epoch)
    return entry.get("event") == "resumed" or (entry.get("epoch") or 0) < epoch


def _result_of(entry: Entry) -> str:
    """Return what training decides about an epoch, leaving out how long it took; NaN equals NaN."""
    return repr([entry["step"], entry["train_loss"], entry["scores"]])
