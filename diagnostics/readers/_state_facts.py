"""Facts that a Trainer's state tells: hyperparameters, sizes, events, the score at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnostics.readers import _log_history as log
from diagnostics.readers._documents import mapping
from diagnostics.readers._log_estimates import (
    evaluated_samples,
    peak_learning_rate,
    samples_per_step,
    trained_samples,
)
from diagnostics.readers._result_files import final_evaluation, sizes_of
from diagnostics.readers._scores import scores_of
from diagnostics.readers._training_arguments import config_of_arguments
from diagnostics.readers._vocabulary import figure, known_hyperparameters
from diagnostics.series import whole
from diagnostics.subjects.run_history import Epoch, RunEvent

__all__ = ["config_of_state", "dataset_of_state", "events_of", "with_final_evaluation"]

Row = dict[str, Any]


def config_of_state(
    state: Mapping[str, Any], rows: Sequence[Row], beside: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the hyperparameters that a state, the files beside it, and its log tell.

    What the state itself records comes first, then the files beside it; the learning rate that the
    log only shows comes last.
    """
    own = config_of_arguments(_honest(state, rows))
    tried = known_hyperparameters([mapping(state.get("trial_params"))])
    config = {**beside, **tried, **own}
    callbacks = mapping(state.get("stateful_callbacks"))
    stopping = mapping(mapping(callbacks.get("EarlyStoppingCallback")).get("args"))
    patience = whole(stopping.get("early_stopping_patience"))
    if patience is not None:
        config.setdefault("early_stopping_patience", patience)
    rate = peak_learning_rate(rows, figure(state.get("max_steps")))
    if rate is not None:
        config.setdefault("learning_rate", rate)
    if "load_best_model_at_end" not in config and _best_was_loaded(rows):
        config["load_best_model_at_end"] = True
    chosen = _chosen_by(figure(state.get("best_metric")), rows)
    if chosen is not None:
        config.setdefault("metric_for_best_model", chosen)
    steps = whole(state.get("global_step"))
    if steps is not None:
        config["steps_done"] = steps
    return config


def _honest(state: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """Return a state without the intervals that its log does not keep.

    The Trainer writes them down also where it logs and evaluates once an epoch.
    """
    kept = {name: value for name, value in state.items() if name != "save_steps"}
    for name, entry in (("logging_steps", "loss"), ("eval_steps", "eval_loss")):
        interval = whole(state.get(name))
        if interval is None:
            kept.pop(name, None)
            continue
        steps = [figure(row.get("step")) for row in rows if entry in row]
        needless = name == "eval_steps" and not steps
        if needless or any(step and step != 1 and step % interval for step in steps):
            kept.pop(name, None)
    return kept


def _chosen_by(best: float | None, rows: Sequence[Row]) -> str | None:
    """Return the score by which the best checkpoint was chosen: the one that has its value."""
    if best is None:
        return None
    for row in rows:
        if figure(row.get("eval_loss")) == best:
            return "loss"
        for name, value in scores_of(row).metrics.items() if log.is_evaluation(row) else ():
            if value == best:
                return name
    return None


def dataset_of_state(
    state: Mapping[str, Any],
    rows: Sequence[Row],
    results: Mapping[str, Any],
    config: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the sizes of the splits: exact from result files, else computed from the log."""
    dataset: dict[str, Any] = dict(sizes_of(results))
    dev = evaluated_samples(rows)
    if dev is not None:
        dataset.setdefault("dev_sentences", dev)
    train = trained_samples(rows, {**state, "train_batch_size": samples_per_step(config)})
    if train is not None:
        dataset.setdefault("train_sentences_estimated", train)
    return dataset


def with_final_evaluation(
    epochs: tuple[Epoch, ...],
    state: Mapping[str, Any],
    results: Mapping[str, Any],
    notes: list[str],
) -> tuple[Epoch, ...]:
    """Return the points of a run that was evaluated only after it, with that evaluation."""
    evaluation = final_evaluation(results)
    if not evaluation or any(point.metrics or point.eval_loss is not None for point in epochs):
        return epochs
    place = {"step": state.get("global_step"), "epoch": results.get("epoch", state.get("epoch"))}
    notes.append("The only evaluation is that of the result files, from the end of the run.")
    (end,) = log.epochs_of([{**evaluation, **place}], notes)
    if not epochs:
        return (end,)
    scored = replace(
        epochs[-1], eval_loss=end.eval_loss, metrics=end.metrics, per_type=end.per_type
    )
    return (*epochs[:-1], scored)


def events_of(rows: Sequence[Row]) -> tuple[RunEvent, ...]:
    """Return where a training was ended and taken up again: its summary stands within the log."""
    last = max((figure(row.get("step")) or 0 for row in rows), default=0)
    ends = {
        int(step)
        for row in rows
        if "train_runtime" in row and (step := figure(row.get("step"))) and 0 < step < last
    }
    return tuple(
        RunEvent(
            kind="resumed",
            message=f"The training ended at step {step} and was taken up again.",
            step=step,
        )
        for step in sorted(ends)[:20]
    )


def _best_was_loaded(rows: Sequence[Row]) -> bool:
    """Whether the last evaluation repeats, at the last step, the loss of an earlier one.

    So it does where the best weights were loaded at the end and evaluated again.
    """
    losses = [
        (row.get("step"), loss)
        for row in rows
        if (loss := figure(row.get("eval_loss"))) is not None
    ]
    if len(losses) < 3 or losses[-1][0] != losses[-2][0]:
        return False
    return losses[-1][1] != losses[-2][1] and losses[-1][1] in [loss for _, loss in losses[:-2]]
