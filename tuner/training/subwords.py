"""Measures data in the sub-tokens of a model, for the rules about data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.measures.subwords import Pieces, Subwords
from diagnostics.survey import MeasureMakers
from tuner.training.encode import SubwordEncoder
from tuner.training.model_source import NO_CODE, ModelSource, open_model

__all__ = ["subword_measure"]


def subword_measure(
    model: str, *, max_length: int | None = None
) -> tuple[MeasureMakers, dict[str, Any]]:
    """Return what measures data in the sub-tokens of a model, and what is known about the model.

    Only its configuration and its tokenizer are read, never its weights.

    Args:
        model: A model folder or a hub id.
        max_length: Length at which inputs are cut, special tokens included; None takes the most
            that the model sees at once.

    Returns:
        The measures for `diagnostics.data_checkup.check(made=...)`, and the facts for its `model`.

    Raises:
        ModelError: There is no such model, or it has no usable tokenizer.
    """
    source = open_model(model)
    length = min(max_length or source.max_length, source.max_length)
    encoder = SubwordEncoder(source.tokenizer, length)
    unknown = source.tokenizer.unk_token_id

    def split(words: Sequence[str]) -> list[Pieces]:
        encoded = source.tokenizer(list(words), add_special_tokens=False, truncation=False)
        return [Pieces(len(ids), ids.count(unknown)) for ids in encoded["input_ids"]]

    special = len(encoder.prefix) + len(encoder.suffix)
    return (
        {Subwords.key(): lambda: Subwords(split, special=special, max_length=length)},
        _facts(source),
    )


def _facts(source: ModelSource) -> dict[str, Any]:
    config, tokenizer = source.config, source.tokenizer
    architecture = next(iter(config.architectures or ()), config.model_type)
    # A bare encoder has placeholder labels, which say nothing.
    labels = config.id2label if architecture.endswith("ForTokenClassification") else None
    facts = {
        "name": source.name,
        "architecture": architecture,
        "max_positions": source.max_length,
        "parameters": _parameters(source),
        "lowercases": _lowercases(tokenizer),
        "needs_prefix_space": getattr(tokenizer, "add_prefix_space", None) is True,
        "id2label": labels and {int(number): str(name) for number, name in labels.items()},
    }
    return {name: value for name, value in facts.items() if value is not None}


def _lowercases(tokenizer: Any) -> bool | None:
    """Whether the tokenizer loses the case of letters, tried out on a word."""
    try:
        upper, lower = (
            tokenizer([word], add_special_tokens=False, truncation=False)["input_ids"]
            for word in ("Hamburg", "hamburg")
        )
    except (TypeError, ValueError):
        return None
    return bool(upper == lower)


def _parameters(source: ModelSource) -> int | None:
    """Count the weights from the configuration alone; None for architectures we cannot build."""
    import torch
    from transformers import AutoModelForTokenClassification

    try:
        with torch.device("meta"):
            model = AutoModelForTokenClassification.from_config(source.config, **NO_CODE)
    except (ValueError, TypeError, AttributeError, RuntimeError):
        return None
    return int(sum(weight.numel() for weight in model.parameters()))
