"""Names and values of hyperparameters as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tuner.display.text import clean, learning_rate, plain_number
from tuner.trial import TrialSpec

__all__ = ["LABELS", "differing", "further_settings", "setting_label", "setting_value"]

LABELS = {
    "learning_rate": "learning rate",
    "batch_size": "batch size",
    "epochs": "epochs",
    "warmup_ratio": "warm-up ratio",
    "weight_decay": "weight decay",
    "schedule": "schedule",
    "dropout": "dropout",
    "label_smoothing": "label smoothing",
    "frozen_layers": "frozen layers",
    "seed": "seed",
    "trunk": "branches at",
}
MAIN = ("learning_rate", "batch_size", "epochs")
FURTHER = tuple(name for name in LABELS if name not in (*MAIN, "seed", "trunk"))


def setting_label(name: str) -> str:
    """Return the name of a hyperparameter in words; an unknown one is shown as it is."""
    return LABELS.get(name, clean(name).replace("_", " "))


def setting_value(name: str, value: Any) -> str:
    """Return the value of a hyperparameter, short."""
    if value is None:
        return "own" if name == "dropout" else "-"
    if name == "learning_rate" and isinstance(value, (int, float)):
        return learning_rate(float(value))
    if isinstance(value, float):
        return plain_number(value)
    return clean(value)


def further_settings(spec: TrialSpec) -> list[tuple[str, str]]:
    """Return (label, value) of everything but learning rate, batch size, epochs and seed.

    Left out is what changes nothing: the model's own dropout, no smoothing, no frozen layers.
    """
    values = {name: getattr(spec, name) for name in FURTHER}
    idle = {"dropout": None, "label_smoothing": 0.0, "frozen_layers": 0}
    known = [
        (LABELS[name], setting_value(name, value))
        for name, value in values.items()
        if name not in idle or value != idle[name]
    ]
    if spec.trunk is not None:
        known.append((LABELS["trunk"], str(spec.trunk)))
    extra = [(clean(name), setting_value(name, value)) for name, value in spec.extra.items()]
    return known + extra


def differing(specs: Sequence[TrialSpec] | Iterable[TrialSpec]) -> list[str]:
    """Return the names of the further hyperparameters that are not the same in all `specs`."""
    known = list(specs)
    return [name for name in FURTHER if len({getattr(spec, name) for spec in known}) > 1]
