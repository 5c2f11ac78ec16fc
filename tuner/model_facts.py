"""What a search needs to know about a pretrained model before it loads any weights."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ModelFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The size and the identity of a pretrained encoder.

    Attributes:
        name: The model as the user named it: a folder or a hub id.
        parameters: Number of weights, embeddings included.
        layers: Transformer layers.
        hidden_size: Width of a layer.
        max_length: Longest input in sub-tokens, special tokens included.
        fingerprint: Hash that changes when the weights or the configuration change.
        architecture: The configuration's `model_type` (`bert`, `roberta`, ...).
    """

    name: str
    parameters: int
    layers: int
    hidden_size: int
    max_length: int
    fingerprint: str
    architecture: str

    @property
    def millions(self) -> float:
        """Parameters in millions."""
        return self.parameters / 1e6

    @property
    def size(self) -> str:
        """Parameters in short: `110M`, `4.4M`, `12k`."""
        for unit, factor in (("M", 1e6), ("k", 1e3)):
            value = self.parameters / factor
            if value >= 0.995:
                digits = 0 if value >= 9.95 else 1
                return f"{value:.{digits}f}".removesuffix(".0") + unit
        return str(self.parameters)
