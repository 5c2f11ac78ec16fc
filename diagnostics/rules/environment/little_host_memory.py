"""Rule E206: the main memory does not hold the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import fixed_bytes, shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.rules.environment._evidence.sizes import gibibytes
from diagnostics.subjects.environment import Environment, Host

__all__ = ["LittleHostMemory"]

_LARGE = {"parameters": 560_000_000}


def _available(gibibytes: float) -> Host:
    return Host(memory_available=int(gibibytes * 2**30), memory_total=32 * 2**30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LittleHostMemory(Rule[Environment]):
    """The main memory does not hold the model.

    Why it matters: the system ends the process without a traceback ("Killed", exit code 137), or
    everything crawls while it swaps.

    What to change: end other programs, or take a smaller encoder. On a processor, an optimizer
    with less state than AdamW.

    Source: 4 bytes per parameter to load weights in fp32; to train on a processor 16 (weights,
    gradients, two moments of AdamW). Activations come on top and are not counted here.
    """

    id: ClassVar = "E206"
    name: ClassVar = "little-host-memory"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.host,)
    doubt: ClassVar = "Other programs give their memory back before the training starts."
    bad: ClassVar = {
        "to train on a processor": found(host=_available(6), model=_LARGE, accelerators=()),
        "to load the weights": found(host=_available(1), model=_LARGE, accelerators=(GPU,)),
    }
    good: ClassVar = {
        "a GPU trains": found(host=_available(6), model=_LARGE, accelerators=(GPU,)),
        "a small encoder": found(
            host=_available(2), model={"parameters": 22_000_000}, accelerators=()
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare what is available with what weights and optimizer need."""
        host, parameters = environment.host, environment.model.get("parameters")
        available = host.memory_available if host is not None else None
        if available is None or not isinstance(parameters, int):
            return NotApplicable(reason="the size of the model or of the memory is not known")
        on_processor = environment.accelerators == ()
        needed = int(fixed_bytes(parameters)) if on_processor else 4 * parameters
        if available >= needed:
            return []
        purpose = "weights, gradients and optimizer" if on_processor else "the weights alone"
        return [
            self.finding(
                f"{shown_bytes(available)} of main memory are available, but {purpose} of this "
                f"model take {shown_bytes(needed)}.",
                evidence=[
                    Evidence(label="available", value=gibibytes(available), unit="GiB"),
                    Evidence(label="needed", value=gibibytes(needed), unit="GiB"),
                ],
                fixes=[
                    Fix(text="End other programs, or take a smaller encoder."),
                    Fix(text="In a container, raise its limit of memory."),
                ],
            )
        ]
