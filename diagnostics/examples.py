"""Short notation for the run histories that rules carry as their bad and good examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory, Step

__all__ = ["run_example"]


def run_example(
    *,
    f1: Sequence[float] = (),
    eval_loss: Sequence[float] = (),
    train_loss: Sequence[float] = (),
    precision: Sequence[float] = (),
    recall: Sequence[float] = (),
    accuracy: Sequence[float] = (),
    train_f1: Sequence[float] = (),
    grad_norm: Sequence[float] = (),
    rates: Sequence[float] = (),
    per_type: Sequence[Mapping[str, Mapping[str, float]]] = (),
    step_losses: Sequence[float] = (),
    step_rates: Sequence[float] = (),
    predictions: Predictions | None = None,
    steps_per_epoch: int = 100,
    events: Sequence[RunEvent] = (),
    dataset: dict[str, Any] | None = None,
    **config: Any,
) -> RunHistory:
    """Return a history with one point per epoch; each series may be shorter than the run.

    `rates` are the learning rates as they were logged, by epoch; `learning_rate` among the
    hyperparameters is the peak. `step_losses` and `step_rates` make a log with a line per step.
    """
    scores = {"f1": f1, "precision": precision, "recall": recall, "accuracy": accuracy}
    scores["train_f1"] = train_f1
    logged: dict[str, Sequence[Any]] = {
        "train_loss": train_loss,
        "eval_loss": eval_loss,
        "learning_rate": rates,
        "grad_norm": grad_norm,
        "per_type": per_type,
    }
    steps = _steps(step_losses, step_rates, steps_per_epoch)
    length = max(map(len, (*scores.values(), *logged.values())))
    length = max(length, -(-len(steps) // steps_per_epoch))
    monitor = next((name for name in ("f1", "accuracy") if scores[name]), None)
    return RunHistory(
        epochs=tuple(
            _epoch(index + 1, steps_per_epoch, _row(scores, index), _row(logged, index))
            for index in range(length)
        ),
        config={"epochs": length, "max_steps": length * steps_per_epoch, **config},
        dataset=dataset or {},
        events=tuple(events),
        monitor=monitor or ("loss" if eval_loss else None),
        higher_is_better=monitor is not None,
        source="example",
        steps=steps,
        predictions=predictions,
    )


def _epoch(
    number: int, steps_per_epoch: int, scores: dict[str, float], logged: dict[str, Any]
) -> Epoch:
    return Epoch(number=number, step=number * steps_per_epoch, metrics=scores, **logged)


def _row(columns: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    return {name: values[index] for name, values in columns.items() if index < len(values)}


def _steps(
    losses: Sequence[float], rates: Sequence[float], steps_per_epoch: int
) -> tuple[Step, ...]:
    columns = {"loss": losses, "learning_rate": rates}
    return tuple(
        Step(step=index + 1, epoch=(index + 1) / steps_per_epoch, **_row(columns, index))
        for index in range(max(len(losses), len(rates)))
    )
