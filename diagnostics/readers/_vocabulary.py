"""One vocabulary for what tools call the same things differently."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = [
    "HYPERPARAMETERS",
    "Monitor",
    "canonical_metric",
    "choose_monitor",
    "figure",
    "known_hyperparameters",
]

HYPERPARAMETERS: Mapping[str, str] = {
    "learning_rate": "learning_rate",
    "lr": "learning_rate",
    "batch_size": "batch_size",
    "train_batch_size": "batch_size",
    "per_device_train_batch_size": "batch_size",
    "epochs": "epochs",
    "num_train_epochs": "epochs",
    "num_epochs": "epochs",
    "max_steps": "max_steps",
    "warmup_ratio": "warmup_ratio",
    "weight_decay": "weight_decay",
    "schedule": "schedule",
    "lr_scheduler_type": "schedule",
    "dropout": "dropout",
    "label_smoothing": "label_smoothing",
    "label_smoothing_factor": "label_smoothing",
    "frozen_layers": "frozen_layers",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "max_length": "max_length",
    "max_seq_length": "max_length",
    "seed": "seed",
    "fp16": "fp16",
    "bf16": "bf16",
}
"""Name in some tool to the standard name in `RunHistory.config`."""

_METRICS = {
    "overall_f1": "f1",
    "micro_f1": "f1",
    "f1_micro": "f1",
    "f1_score": "f1",
    "f1-score": "f1",
    "overall_precision": "precision",
    "overall_recall": "recall",
    "overall_accuracy": "accuracy",
    "acc": "accuracy",
}
_PREFERRED = ("f1", "f1_macro", "macro_f1", "f1_weighted", "weighted_f1", "accuracy")
_LOWER_IS_BETTER = ("wer", "cer", "perplexity", "mae", "mse", "rmse")

Monitor = tuple[str | None, bool]
"""Name of the metric that decides which epoch is best (None: there is none), and whether higher is
better."""


def canonical_metric(name: str) -> str:
    """Return the standard name of a metric: without `eval_`, in lower case, synonyms united."""
    bare = name.strip().lower().removeprefix("eval_")
    return _METRICS.get(bare, bare)


def choose_monitor(
    rows: Sequence[Mapping[str, float]], *, best: float | None, has_loss: bool
) -> Monitor:
    """Choose the metric that decides.

    The metric whose values contain the run's own best value comes first, then F1, accuracy and what
    is better when lower; the loss decides only where nothing else was logged.

    Args:
        rows: The metrics of each evaluation, by standard names.
        best: The run's own `best_metric`, or None.
        has_loss: Whether an evaluation loss was logged.
    """
    names = {name for row in rows for name in row}
    known = [name for name in (*_PREFERRED, *_LOWER_IS_BETTER) if name in names]
    if best is not None:
        own = [name for name in known if any(row.get(name) == best for row in rows)]
        known = own + known
    if known:
        return known[0], known[0] not in _LOWER_IS_BETTER
    return ("loss", False) if has_loss else (None, True)


def figure(value: Any) -> float | None:
    """Return a number as a float, NaN and infinity included; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def known_hyperparameters(sources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the hyperparameters that the sources hold, by standard names; the first one wins."""
    found: dict[str, Any] = {}
    for source in sources:
        for name, standard in HYPERPARAMETERS.items():
            value = source.get(name)
            if isinstance(value, bool | int | float | str):
                found.setdefault(standard, value)
    return found
