"""Libraries that a plan needs and that no installed library asks for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from diagnostics.subjects.environment import Environment

__all__ = ["OPTIMIZERS", "planned_but_missing"]

OPTIMIZERS: Mapping[str, str | None] = MappingProxyType(
    {
        "adamw_torch_fused": None,
        "adamw_torch": None,
        "adafactor": None,
        "sgd": None,
        "adamw_bnb_8bit": "bitsandbytes",
        "adamw_8bit": "bitsandbytes",
    }
)
"""Name among transformers' `TrainingArguments.optim` to the library that it is in; None: PyTorch or
transformers. The source is `transformers.trainer_optimizer` and its handler for bitsandbytes."""


def planned_but_missing(environment: Environment) -> dict[str, str]:
    """Return each library that the plan needs and that is not installed, with what needs it."""
    if environment.libraries is None:
        return {}
    optimizer = environment.plan.get("optimizer")
    library = OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else None
    if library is None or library in environment.libraries:
        return {}
    return {library: f"the optimizer {optimizer}"}
