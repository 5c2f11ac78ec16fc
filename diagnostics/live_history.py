"""The history of a training that is still going on, from the log that its Trainer keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.readers import _log_estimates as estimates
from diagnostics.readers import _log_history as log
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._training_arguments import config_of_arguments
from diagnostics.subjects.run_history import RunHistory

__all__ = ["history_of_log"]


def history_of_log(
    log_history: Sequence[Mapping[str, Any]],
    *,
    arguments: Mapping[str, Any],
    max_steps: int | None = None,
    best_metric: float | None = None,
    train_sentences: int | None = None,
    source: str = "",
) -> RunHistory:
    """Return what a Hugging Face Trainer has logged so far.

    Args:
        log_history: `state.log_history`, training and evaluation rows.
        arguments: `TrainingArguments` as a mapping.
        max_steps: Planned optimizer steps, or None when unknown.
        best_metric: The best value so far by the Trainer's own account, or None.
        train_sentences: Size of the training split, or None when unknown.
        source: What to call the run.
    """
    notes: list[str] = []
    rows = log.rows_of([dict(row) for row in log_history])
    epochs = log.epochs_of(rows, notes)
    config = config_of_arguments(arguments) | {"state": "running"}
    monitor, higher = choose_monitor(
        [point.metrics for point in epochs if point.metrics],
        best=best_metric,
        has_loss=any(point.eval_loss is not None for point in epochs),
        config=config,
    )
    if max_steps is not None and max_steps > 0:
        config["max_steps"] = max_steps
    dev = estimates.evaluated_samples(rows)
    dataset = {"train_sentences": train_sentences, "dev_sentences": dev}
    return RunHistory(
        epochs=epochs,
        config=config,
        dataset={name: count for name, count in dataset.items() if count is not None},
        monitor=monitor,
        higher_is_better=higher,
        source=source,
        notes=tuple(notes),
        steps=log.steps_of(rows, notes),
    )
