"""Short notation for the run histories that rules carry as their bad and good examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory

__all__ = ["run_example"]


def run_example(
    *,
    f1: Sequence[float] = (),
    eval_loss: Sequence[float] = (),
    train_loss: Sequence[float] = (),
    precision: Sequence[float] = (),
    recall: Sequence[float] = (),
    accuracy: Sequence[float] = (),
    steps_per_epoch: int = 100,
    events: Sequence[RunEvent] = (),
    dataset: dict[str, Any] | None = None,
    **config: Any,
) -> RunHistory:
    """Return a history with one point per epoch; each series may be shorter than the run."""
    columns = {"f1": f1, "precision": precision, "recall": recall, "accuracy": accuracy}
    length = max(map(len, (eval_loss, train_loss, *columns.values())))
    epochs = tuple(
        Epoch(
            number=index + 1,
            step=(index + 1) * steps_per_epoch,
            train_loss=_at(train_loss, index),
            eval_loss=_at(eval_loss, index),
            metrics={
                name: values[index] for name, values in columns.items() if index < len(values)
            },
        )
        for index in range(length)
    )
    monitor = next((name for name in ("f1", "accuracy") if columns[name]), None)
    return RunHistory(
        epochs=epochs,
        config={"epochs": length, "max_steps": length * steps_per_epoch, **config},
        dataset=dataset or {},
        events=tuple(events),
        monitor=monitor or ("loss" if eval_loss else None),
        higher_is_better=monitor is not None,
        source="example",
    )


def _at(values: Sequence[float], index: int) -> float | None:
    return values[index] if index < len(values) else None
