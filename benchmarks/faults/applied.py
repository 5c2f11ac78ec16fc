"""A training as it is after the printed fixes were applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.faults.setup import Setup
from diagnostics.findings import Fix

__all__ = ["applied", "told"]

_Change = Callable[[Setup, Any], Setup]

_FIELDS: Mapping[str, str] = {
    "learning_rate": "learning_rate",
    "epochs": "epochs",
    "num_train_epochs": "epochs",
    "batch_size": "batch_size",
    "warmup_ratio": "warmup_steps",
    "warmup_steps": "warmup_steps",
    "max_length": "max_length",
    "max_seq_length": "max_length",
    "dropout": "dropout",
}
"""Parameter to the field of a setup that is the same thing."""

_ARGUMENTS: Mapping[str, str] = {
    "schedule": "lr_scheduler_type",
    "label_smoothing": "label_smoothing_factor",
    "optimizer": "optim",
}
"""Parameters whose name in `TrainingArguments` differs."""


def applied(setup: Setup, fixes: Sequence[Fix]) -> Setup:
    """Return the training with every fix applied; all of them set a training option."""
    for fix in fixes:
        setup = _with(setup, fix.parameter or "", fix.new)
    return setup


def told(fixes: Sequence[Fix]) -> str:
    """Return the fixes as text, such as `epochs=30, batch_size=8`."""
    return ", ".join(f"{fix.parameter}={fix.new}" for fix in fixes)


def _with(setup: Setup, parameter: str, new: Any) -> Setup:
    if _FIELDS.get(parameter) == "epochs":
        # A schedule that was given a fixed, wrong number of steps keeps it.
        kept = setup.schedule_share < 1.0
        share = min(1.0, setup.schedule_share * setup.epochs / new) if kept else 1.0
        return replace(setup, epochs=new, schedule_share=share)
    if parameter in _FIELDS:
        return replace(setup, **{_FIELDS[parameter]: new})
    if parameter == "frozen_layers":
        return replace(setup, frozen=bool(new))
    arguments = {**setup.arguments, _ARGUMENTS.get(parameter, parameter): new}
    if parameter in {"schedule", "lr_scheduler_type", "max_steps"}:
        # The schedule comes from the Trainer again, which knows the length of the run.
        return replace(setup, arguments=arguments, schedule_share=1.0)
    if parameter == "load_best_model_at_end":
        arguments.setdefault("save_strategy", "epoch")
        arguments.setdefault("metric_for_best_model", "overall_f1" if setup.per_type else "f1")
    return replace(setup, arguments=arguments)
