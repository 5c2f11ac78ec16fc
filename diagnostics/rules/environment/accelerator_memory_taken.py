"""Rule E203: other processes hold memory of the accelerator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.rules.environment._evidence.sizes import gibibytes
from diagnostics.subjects.environment import Accelerator, Environment

__all__ = ["AcceleratorMemoryTaken"]

_TAKEN = replace(GPU, used_bytes=20 * 2**30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorMemoryTaken(Rule[Environment]):
    """Other processes hold memory of the accelerator.

    Why it matters: a batch that fits into an empty GPU does not fit now, and the other process may
    ask for more in the middle of the training. As a rule it is a notebook or a crashed run of
    one's own.

    What to change: end the other process (`nvidia-smi` lists them), or train on the GPU that has
    most memory left.

    Source: what the driver counts as used before this command uses any.
    """

    id: ClassVar = "E203"
    name: ClassVar = "accelerator-memory-taken"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.accelerators,)
    doubt: ClassVar = "The other process ends before the training starts."
    bad: ClassVar = {
        "most of it": found(accelerators=(_TAKEN,)),
        "the first of two": found(accelerators=(_TAKEN, replace(GPU, index=1))),
    }
    good: ClassVar = {
        "free": found(accelerators=(GPU,)),
        "what a desktop takes": found(accelerators=(replace(GPU, used_bytes=600 * 2**20),)),
        "a GPU that is hidden": found(
            accelerators=(replace(_TAKEN, visible=False), replace(GPU, index=1))
        ),
        "the first one is free": found(accelerators=(GPU, replace(_TAKEN, index=1))),
    }

    share: float = 0.1
    """Share of the memory from which it counts, from 0 to 1. Judgement: a desktop takes less."""

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Look at the GPU that trainings take unasked: the first one that is visible."""
        gpus = [
            gpu
            for gpu in environment.accelerators or ()
            if gpu.visible and gpu.total_bytes and gpu.used_bytes is not None
        ]
        if not gpus:
            return NotApplicable(reason="no GPU tells how much of its memory is used")
        first = gpus[0]
        if _used(first) < self.share:
            return []
        return [self._finding(first, max(gpus, key=_free))]

    def _finding(self, gpu: Accelerator, freest: Accelerator) -> Finding:
        used, total = gpu.used_bytes or 0, gpu.total_bytes or 0
        fixes = [Fix(text="End the process that holds it; nvidia-smi lists them.")]
        if freest.index != gpu.index and _used(freest) < self.share:
            other = Fix(
                text=f"Train on {freest.name} number {freest.index}.",
                parameter="CUDA_VISIBLE_DEVICES",
                new=str(freest.index),
                how=f"{shown_bytes(_free(freest))} of its memory are free",
            )
            fixes.insert(0, other)
        return self.finding(
            f"Other processes hold {shown_bytes(used)} of the {shown_bytes(total)} of {gpu.name}.",
            evidence=[
                Evidence(label="used by others", value=gibibytes(used), unit="GiB"),
                Evidence(label="memory", value=gibibytes(total), unit="GiB"),
            ],
            fixes=fixes,
        )


def _used(gpu: Accelerator) -> float:
    return (gpu.used_bytes or 0) / (gpu.total_bytes or 1)


def _free(gpu: Accelerator) -> int:
    return (gpu.total_bytes or 0) - (gpu.used_bytes or 0)
