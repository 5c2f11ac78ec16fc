"""Trials as tables for other programs: flat rows, CSV that spreadsheets cannot execute, JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from typing import Any

from tuner.display.json_document import epoch_document, to_json, trial_document
from tuner.display.text import clean
from tuner.search.run_record import RunRecord
from tuner.search.study_record import StudyRecord
from tuner.trial import EpochReport, TrialSpec

__all__ = ["epoch_rows", "json_text", "trial_rows", "write_csv"]

Row = dict[str, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
FORMAT = 1


def trial_rows(record: StudyRecord) -> list[Row]:
    """Return one row per training: settings, state, scores, and a column `f1_epoch_N` per epoch."""
    rows = []
    for run in record.runs:
        row = _identity(run) | _outcome(run)
        row |= {f"f1_epoch_{report.epoch}": report.scores.f1 for report in run.reports}
        rows.append(row)
    return rows


def epoch_rows(record: StudyRecord) -> list[Row]:
    """Return one row per epoch of each training, with the settings repeated in each."""
    return [_identity(run) | _epoch(report) for run in record.runs for report in run.reports]


def _identity(run: RunRecord) -> Row:
    spec = {
        field.name: getattr(run.spec, field.name)
        for field in dataclasses.fields(TrialSpec)
        if field.name != "extra"
    }
    extra = {f"set_{name}": value for name, value in run.spec.extra.items()}
    return {"key": run.key, "trial": run.number, "origin": run.origin, **spec, **extra}


def _outcome(run: RunRecord) -> Row:
    return {
        "state": run.state.value,
        "score": run.score,
        "best_epoch": run.best.epoch if run.best else None,
        "epochs_done": run.epoch,
        "seconds": run.seconds,
        "note": run.note,
    }


def _epoch(report: EpochReport) -> Row:
    scores = report.scores
    return {
        "epoch": report.epoch,
        "step": report.step,
        "train_loss": report.train_loss,
        "dev_loss": scores.loss,
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
        "accuracy": scores.accuracy,
        "last_learning_rate": report.learning_rate,
        "grad_norm": report.grad_norm,
        "epoch_seconds": report.seconds,
    }


def write_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV with all their columns, in the order of first appearance.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers keep
    every digit; what is missing is empty.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    columns.sort(key=_place)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writerow({name: _harmless(name) for name in columns})
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _place(column: str) -> int:
    """Sort epochs by number behind all other columns, which stay in their order."""
    number = column.removeprefix("f1_epoch_")
    return int(number) if number != column and number.isdecimal() else 0


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = clean(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) else text


def json_text(record: StudyRecord) -> str:
    """Return the study with all trainings and their epochs as one JSON document.

    Keys: `format`, `kind` (`trials`), `name`, `directory`, `created`, `data`, `model`, `versions`
    and `trials`; per training what `tuner search --json` says of it, and `epochs`.
    """
    trials = [_run_document(run) for run in record.runs]
    document: Mapping[str, Any] = {
        "format": FORMAT,
        "kind": "trials",
        "name": record.name,
        "directory": record.directory,
        "created": record.created,
        "data": record.spec.data_source,
        "model": record.spec.model.name,
        "versions": record.versions,
        "trials": trials,
    }
    return to_json(document) + "\n"


def _run_document(run: RunRecord) -> Row:
    epochs = [epoch_document(report) for report in run.reports]
    return trial_document(run.row()) | {"epochs": epochs}
