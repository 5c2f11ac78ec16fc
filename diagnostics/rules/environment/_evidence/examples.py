"""Short notation for the environments that rules carry as their bad and good examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.subjects.environment import Accelerator, Environment, Library, Torch

__all__ = ["GPU", "HEALTHY_VERSIONS", "found", "libraries"]

HEALTHY_VERSIONS = {
    "torch": "2.8.0",
    "transformers": "5.23.0",
    "accelerate": "1.10.0",
    "tokenizers": "0.23.1",
    "numpy": "2.3.1",
}
"""Versions that go together."""

GPU = Accelerator(
    index=0, name="NVIDIA A10", total_bytes=24 * 2**30, used_bytes=0, capability=(8, 6)
)
"""A GPU that nobody else uses."""


def libraries(
    versions: Mapping[str, str | None] | None = None,
    requires: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Library]:
    """Return libraries that go together, but for the versions given; None takes one away."""
    chosen = {**HEALTHY_VERSIONS, **(versions or {})}
    return {
        name: Library(name=name, version=version, requires=tuple((requires or {}).get(name, ())))
        for name, version in chosen.items()
        if version is not None
    }


def found(**facts: Any) -> Environment:
    """Return an environment with healthy libraries and the given facts."""
    healthy: dict[str, Any] = {
        "source": "example",
        "python": "3.11.9",
        "libraries": libraries(),
        "torch": Torch(cuda="12.6", hip="", available=None, numpy_fault=""),
    }
    return Environment(**{**healthy, **facts})
