"""What the `config.json` of a Hugging Face model tells about a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostics.readers._documents import mapping

__all__ = ["facts_of_model"]

_DROPOUT = ("hidden_dropout_prob", "dropout", "hidden_dropout", "classifier_dropout")
_ENCODERS = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "mpnet")
"""Families whose layers are those of BERT, so that their weights can be counted."""

_MOST_WEIGHTS = 10**12
_MOST_LABELS = 1_000
_LONGEST = 200


def facts_of_model(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters that a model's configuration holds; what it lacks is left out.

    `architecture` is its class, `model` the name it was made from, `model_type` its family,
    `dropout` that of its hidden layers, `parameters` the weights of an encoder like BERT, counted
    from its sizes, and `id2label` the names of its labels, number to name.
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
    parameters = _parameters(config)
    if parameters is not None:
        facts["parameters"] = parameters
    labels = mapping(config.get("id2label"))
    if labels and len(labels) <= _MOST_LABELS:
        facts["id2label"] = {str(key)[:20]: str(name)[:_LONGEST] for key, name in labels.items()}
    return facts


def _parameters(config: Mapping[str, Any]) -> int | None:
    """Return the weights of an encoder like BERT: embeddings and layers, without pooler and head.

    None for other families, and where a size is missing: their layers are built in other ways. The
    names are those of BERT and of DistilBERT (`dim`, `n_layers`, `hidden_dim`).
    """
    if config.get("model_type") not in _ENCODERS:
        return None
    words = _size(config, "vocab_size")
    width = _size(config, "hidden_size", "dim")
    layers = _size(config, "num_hidden_layers", "n_layers")
    inner = _size(config, "intermediate_size", "hidden_dim")
    if words is None or width is None or layers is None or inner is None:
        return None
    places = _size(config, "max_position_embeddings") or 0
    embedded = _size(config, "embedding_size") or width
    tables = (words + places + (_size(config, "type_vocab_size") or 0) + 2) * embedded
    projection = 0 if embedded == width else (embedded + 1) * width
    # Query, key, value and output; the two sides of the feed-forward; two layer norms.
    layer = 4 * width * (width + 1) + 2 * width * inner + inner + width + 4 * width
    counted = tables + projection + layers * layer
    return counted if counted <= _MOST_WEIGHTS else None


def _size(config: Mapping[str, Any], *names: str) -> int | None:
    """Return the first of some sizes that is a positive whole number."""
    values = (config.get(name) for name in names)
    return next((value for value in values if type(value) is int and value > 0), None)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1
