"""What the `config.json` of a Hugging Face model tells about a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostics.readers._documents import mapping

__all__ = ["facts_of_model"]

_DROPOUT = ("hidden_dropout_prob", "dropout", "hidden_dropout", "classifier_dropout")
_MOST_LABELS = 1_000
_LONGEST = 200


def facts_of_model(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters that a model's configuration holds; what it lacks is left out.

    `architecture` is its class, `model` the name it was made from, `model_type` its family,
    `dropout` that of its hidden layers, and `id2label` the names of its labels, number to name.
    """
    facts: dict[str, Any] = {}
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
        facts["architecture"] = architectures[0][:_LONGEST]
    for name, standard in (("_name_or_path", "model"), ("model_type", "model_type")):
        value = config.get(name)
        if isinstance(value, str) and value:
            facts[standard] = value[:_LONGEST]
    dropout = next((config[name] for name in _DROPOUT if _is_share(config.get(name))), None)
    if dropout is not None:
        facts["dropout"] = dropout
    labels = mapping(config.get("id2label"))
    if labels and len(labels) <= _MOST_LABELS:
        facts["id2label"] = {str(key)[:20]: str(name)[:_LONGEST] for key, name in labels.items()}
    return facts


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1
