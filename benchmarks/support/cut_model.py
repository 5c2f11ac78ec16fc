"""A shallower encoder for trainings that have to be short: the first layers of a pretrained one."""

from __future__ import annotations

from pathlib import Path

__all__ = ["cut_model"]


def cut_model(model: str, layers: int, folder: Path) -> str:
    """Write a model with the first layers of an encoder, and its tokenizer.

    Args:
        model: Folder or hub id of the encoder.
        layers: Layers to keep.
        folder: Where to write it.

    Returns:
        The folder, as `tuner.search` takes it.

    Raises:
        SystemExit: The encoder has fewer layers, or `layers` is below 1.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    deepest = AutoConfig.from_pretrained(model).num_hidden_layers
    if not 1 <= layers <= deepest:
        raise SystemExit(f"--layers {layers} is out of range: {model} has {deepest}; use 1 to it.")
    AutoModel.from_pretrained(model, num_hidden_layers=layers).save_pretrained(folder)
    AutoTokenizer.from_pretrained(model).save_pretrained(folder)
    return str(folder)
