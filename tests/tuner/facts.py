"""Facts about encoders that are never loaded, for tests of what follows from their size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tuner.model_facts import ModelFacts

TINY = ModelFacts(
    name="tiny",
    parameters=1000,
    layers=2,
    hidden_size=32,
    max_length=64,
    fingerprint="m",
    architecture="bert",
)


def model_facts(**changes: Any) -> ModelFacts:
    """The tiny encoder with other figures."""
    return replace(TINY, **changes)
