"""The result as one JSON document on standard output, for programs.

Keys are stable: new ones may come, none changes its meaning while `format` stays 1. Scores lie
between 0 and 1, times are seconds, paths are text. A number that is not finite is written as null,
because JSON knows none. Trainings and studies share `name`, `directory`, `dev`, `test`, `model`
(the folder of the saved model or null), `warnings` and `next`.

A study (`tuner search --json`):

- `kind`: `study`; `status`: `finished`, `interrupted` or `no-result`; `seconds`: over all restarts.
- `winner`: null, or `trial`, `settings`, `best_epoch`, `dev`, `seeds`, `seed_scores`, `mean`,
  `spread`, `interval`, `fresh_mean`.
- `gain`: null, or `recipe_mean`, `winner_mean`, `difference`, `interval`.
- `test`: null or scores: `loss`, `precision`, `recall`, `f1`, `accuracy` and `per_type`.
- `trials`: per training `key`, `number`, `state`, `score`, `best_epoch`, `epochs_done`, `seconds`,
  `origin`, `note` and `settings`.
- `importances`: hyperparameter to share; `pruning`: `pruned`, `epochs_saved`, `let_run`, `wrong`,
  `verdict`; `extra`: further figures.
- `quote`: null, or `quoted` (seconds expected before the first trial), `actual`, `ratio`, `close`,
  `quoted_low` (null, or with trainings side by side the least), `compared` (what is compared, where
  the study was not trained as it was planned).

A training (`tuner train --json`):

- `kind`: `training`; `state`; `reason`; `best_epoch`; `dev`; `test`;
- `epochs`: per epoch `epoch`, `step`, `train_loss`, `learning_rate`, `grad_norm`, `seconds`, `dev`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import sys
from collections.abc import Iterable
from typing import Any, Self

from rich.console import Console

from tuner.display.screen import Screen
from tuner.secrets_in_text import values_without_secrets
from tuner.silent import SilentStudy, SilentTraining
from tuner.study_view import StudySummary, TrialRow
from tuner.train_view import TrainResult
from tuner.trial import EpochReport, Scores, TrialSpec
from tuner.values import to_plain

__all__ = ["JsonDisplay", "study_document", "to_json", "training_document"]

FORMAT = 1


class JsonDisplay(Screen, SilentStudy, SilentTraining):
    """Prints one JSON document at the end of a study or a training, and nothing before.

    Whatever else prints in between goes to standard error, so that the document stays readable.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._redirection = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Send what others print to standard error."""
        self._redirection.enter_context(contextlib.redirect_stdout(sys.stderr))
        return self

    def close(self) -> None:
        """Give standard output back."""
        self._redirection.close()

    def finish(self, summary: StudySummary) -> None:
        """Print the study."""
        self._console.out(to_json(study_document(summary)), highlight=False)

    def ended(self, result: TrainResult) -> None:
        """Print the training."""
        self._console.out(to_json(training_document(result)), highlight=False)


def to_json(document: Any) -> str:
    """Return a document as JSON text that every parser reads: ASCII, finite numbers, no secret."""
    plain = values_without_secrets(to_plain(document))
    return json.dumps(_finite(plain), indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    """Return plain values with null for the numbers that JSON cannot hold."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list():
            return [_finite(item) for item in value]
        case _:
            return value


def study_document(summary: StudySummary) -> dict[str, Any]:
    """Return a study with the keys that this module's docstring names."""
    winner = None
    if summary.winner is not None:
        winner = _fields(summary.winner, without=("number", "spec", "scores")) | {
            "trial": summary.winner.number,
            "settings": settings_document(summary.winner.spec),
            "dev": _scores(summary.winner.scores),
        }
    return {
        "format": FORMAT,
        "kind": "study",
        "name": summary.name,
        "directory": summary.directory,
        "status": summary.status,
        "winner": winner,
        "gain": None if summary.gain is None else _fields(summary.gain),
        "test": _scores(summary.test),
        "trials": [trial_document(row) for row in summary.rows],
        "importances": summary.importances,
        "pruning": _fields(summary.audit),
        "model": summary.best_directory,
        "seconds": summary.elapsed,
        "quote": None if summary.quote is None else _fields(summary.quote),
        "warnings": summary.warnings,
        "next": _commands(summary.next_commands),
        "extra": summary.extra,
    }


def training_document(result: TrainResult) -> dict[str, Any]:
    """Return a training with the keys that this module's docstring names."""
    return {
        "format": FORMAT,
        "kind": "training",
        "name": result.name,
        "directory": result.directory,
        "state": result.state.value,
        "reason": result.reason,
        "best_epoch": result.best_epoch,
        "dev": _scores(result.dev),
        "test": _scores(result.test),
        "epochs": [epoch_document(report) for report in result.reports],
        "model": result.best_directory,
        "warnings": result.warnings,
        "next": _commands(result.next_commands),
    }


def trial_document(row: TrialRow) -> dict[str, Any]:
    """Return one training of a study."""
    return {
        "key": row.key,
        "number": row.number,
        "state": row.state.value,
        "score": row.score,
        "best_epoch": row.best_epoch,
        "epochs_done": row.epoch,
        "seconds": row.seconds,
        "origin": row.origin,
        "note": row.note,
        "settings": settings_document(row.spec),
    }


def epoch_document(report: EpochReport) -> dict[str, Any]:
    """Return one epoch of a training."""
    names = ("epoch", "step", "train_loss", "learning_rate", "grad_norm", "seconds")
    return {name: getattr(report, name) for name in names} | {"dev": _scores(report.scores)}


def settings_document(spec: TrialSpec) -> dict[str, Any]:
    """Return all hyperparameters by their names."""
    return _fields(spec)


def _scores(scores: Scores | None) -> dict[str, Any] | None:
    if scores is None:
        return None
    per_type = {name: _fields(value) for name, value in scores.per_type.items()}
    return _fields(scores, without=("counts", "per_type")) | {"per_type": per_type}


def _fields(value: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    names = (field.name for field in dataclasses.fields(value))
    return {name: getattr(value, name) for name in names if name not in without}


def _commands(commands: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"command": command, "purpose": purpose} for command, purpose in commands]
