"""Hyperparameters as experiment trackers keep them: of the run, mixed with those of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostics.readers._vocabulary import known_hyperparameters

__all__ = ["settings_of"]

_MODEL_NAMES = ("model_name_or_path", "_name_or_path", "model_name", "model")
_ITS_OWN_WORDS = ("transformers_version", "vocab_size", "hidden_size")
_GENERATION_LENGTH = 20
"""`max_length` in every configuration of a transformers model: of text that it would generate."""


def settings_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known hyperparameters, and the name of the model.

    Trackers of transformers mix the training's arguments with the model's configuration, whose
    `max_length` is not that of the training.
    """
    settings = dict(values)
    mixed = any(word in settings for word in _ITS_OWN_WORDS)
    if mixed and settings.get("max_length") == _GENERATION_LENGTH:
        del settings["max_length"]
    config = known_hyperparameters([settings])
    names = (settings.get(name) for name in _MODEL_NAMES)
    model = next((name for name in names if isinstance(name, str) and name), None)
    return config if model is None else {"model": model, **config}
