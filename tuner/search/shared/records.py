"""Results as they travel between processes that share a study, and the folders made of them.

A result carries what the others need to prune, to choose the winner and to show the table: every
epoch's scores, the scores per type of the best epoch, and the counts per sentence, packed, from
which intervals are computed. Weights stay where they are.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from diagnostics.subjects.run_history import RunEvent
from tuner.errors import StudyError
from tuner.search.documents import write_json, write_lines
from tuner.search.folder import StudyFolder
from tuner.search.record import COUNTS, HISTORY, RESULT, light, prepare_run, read_counts
from tuner.search.run_record import Role, RunRecord, confirm_key, search_key
from tuner.search.shared.packed import unpacked
from tuner.search.shared.training import Training
from tuner.search.trainer_state import trainer_state
from tuner.study import StudySpec
from tuner.trial import EpochReport, TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = [
    "failed_result",
    "record_of",
    "result_of",
    "settings_of",
    "study_facts",
    "write_missing",
]

MOST_PACKED = 65_536
"""Bytes of packed counts that are sent at most: enough for some 50,000 sentences."""

MOST_COUNTS = 16_000_000


def settings_of(run: RunRecord) -> dict[str, Any]:
    """Return what a training tries, as the log keeps it."""
    return {"spec": to_plain(run.spec), "role": run.role, "origin": run.origin}


def result_of(run: RunRecord) -> dict[str, Any]:
    """Return how a training ended, as the log keeps it."""
    best = None if run.best is None else run.best.epoch
    return {
        "state": run.state.value,
        "reason": run.reason,
        "reports": [_report(report, full=report.epoch == best) for report in run.reports],
        "events": to_plain(run.events),
        "counts": _packed(read_counts(run.directory)),
    }


def failed_result(reason: str) -> dict[str, Any]:
    """Return the result of a training that nobody could end."""
    state = TrialState.FAILED.value
    return {"state": state, "reason": reason, "reports": [], "events": [], "counts": None}


def study_facts(spec: StudySpec) -> dict[str, Any]:
    """Return what the configuration of every training says about its study."""
    data = {"source": spec.data_source, "fingerprint": spec.data_fingerprint}
    return {
        "study": spec.name,
        "model": to_plain(spec.model),
        "training": to_plain(spec.training),
        "data": {**data, **to_plain(spec.data_facts)},
    }


def record_of(training: Training, folder: StudyFolder) -> RunRecord | None:
    """Return a training as this process's table holds it; None while it has no settings.

    Args:
        training: What the log says.
        folder: Folder of this process, in which it has a place whether or not anything lies there.

    Raises:
        StudyError: The entries were not written by this program.
    """
    if training.settings is None:
        return None
    try:
        settings = unpacked(training.settings)
        role = settings["role"]
        run = RunRecord(
            key=training.key,
            number=training.number,
            spec=from_plain(TrialSpec, settings["spec"]),
            role=cast(Role, role),
            origin=str(settings["origin"]),
            directory=_directory(training, folder, role),
            state=TrialState.INTERRUPTED if training.owner is None else TrialState.RUNNING,
        )
        if role not in get_args(Role) or training.key not in _keys(run):
            raise ValueError(f"{role!r} has the key {training.key!r}")
        return run if training.result is None else _ended(run, unpacked(training.result))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"Training {training.key} in the storage was not written by tuner: {error!r}.",
            "Start a new study with --new.",
        ) from error


def write_missing(run: RunRecord, result: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write the folder of a training that ended elsewhere, without its weights.

    Args:
        run: The training.
        result: What `result_of` said about it.
        facts: What its configuration says beside its hyperparameters.

    Raises:
        StudyError: When it cannot be written.
    """
    if (run.directory / RESULT).exists():
        return
    prepare_run(run, facts, {})
    history: list[dict[str, Any]] = [{"kind": "epoch", **to_plain(one)} for one in run.reports]
    history += [{**to_plain(one), "kind": "event", "event": one.kind} for one in run.events]
    write_lines(run.directory / HISTORY, history)
    state = trainer_state(run.spec, list(run.reports), run.best)
    write_json(run.directory / "trainer_state.json", state, durable=False)
    counts = _unpacked(result.get("counts"))
    if counts is not None:
        write_json(run.directory / COUNTS, counts, durable=False)
    best = run.best
    ended = {
        "state": run.state,
        "reason": run.reason,
        "score": run.score,
        "best_epoch": None if best is None else best.epoch,
        "seconds": run.seconds,
        "epochs_done": run.epoch,
        "scores": None if best is None else best.scores,
    }
    write_json(run.directory / RESULT, ended, durable=False)


def _ended(run: RunRecord, result: Mapping[str, Any]) -> RunRecord:
    return replace(
        run,
        state=TrialState(result["state"]),
        reason=str(result["reason"]),
        reports=tuple(from_plain(EpochReport, report) for report in result["reports"]),
        events=tuple(from_plain(RunEvent, event) for event in result["events"]),
    )


def _keys(run: RunRecord) -> tuple[str, ...]:
    """Return the keys that a training may have: they name its folder."""
    searched, again = search_key(run.number), confirm_key(run.number, run.spec.seed)
    return (searched, again, f"{searched}-again", f"{again}-again")


def _directory(training: Training, folder: StudyFolder, role: str) -> Path:
    if training.home > 1:
        return folder.attempt_directory(training.key, training.home)
    if role == "search":
        return folder.trial_directory(training.key)
    return folder.confirm_directory(training.key)


def _report(report: EpochReport, *, full: bool) -> Any:
    kept = light(report)
    return to_plain(kept if full else replace(kept, scores=replace(kept.scores, per_type={})))


def _packed(counts: tuple[tuple[int, int, int], ...] | None) -> str | None:
    if counts is None:
        return None
    text = json.dumps(counts, separators=(",", ":")).encode("ascii")
    packed = base64.b64encode(zlib.compress(text)).decode("ascii")
    return packed if len(packed) <= MOST_PACKED else None


def _unpacked(packed: Any) -> Any:
    if not isinstance(packed, str):
        return None
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(base64.b64decode(packed), MOST_COUNTS)
        return json.loads(text) if unpacking.eof else None
    except (ValueError, zlib.error, RecursionError):
        return None  # intervals are computed without them
