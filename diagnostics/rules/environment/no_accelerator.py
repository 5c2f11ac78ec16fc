"""Rule E201: the machine has no accelerator that a training could use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.subjects.environment import Accelerator, Environment, Host, Torch

__all__ = ["NoAccelerator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAccelerator(Rule[Environment]):
    """The machine has no accelerator that a training could use.

    Why it matters: an encoder of base size takes seconds per batch on a processor, where a GPU
    takes a fraction of one. Small encoders and some hundreds of sentences are fine.

    What to change: a smaller encoder, fewer sentences (`--sample`) for finding settings, or a
    machine with a GPU for the final training.

    Source: what the driver and PyTorch list.
    """

    id: ClassVar = "E201"
    name: ClassVar = "no-accelerator"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.accelerators,)
    doubt: ClassVar = "An accelerator of another maker is there, whose library was not loaded."
    bad: ClassVar = {
        "a processor alone": found(accelerators=(), host=Host(cpus=4)),
        "PyTorch finds none": found(accelerators=(), torch=Torch(available=False)),
    }
    good: ClassVar = {
        "a GPU": found(accelerators=(GPU,)),
        "Apple's GPU": found(accelerators=(Accelerator(index=0, name="Apple GPU", kind="mps"),)),
        "one that only PyTorch knows": found(accelerators=(), torch=Torch(available=True)),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look whether anything is listed."""
        torch, host = environment.torch, environment.host
        if environment.accelerators or (torch is not None and torch.available):
            return []
        cpus = host.cpus if host is not None else None
        with_what = "the processor" if cpus is None else f"{cpus} processor{'s' * (cpus != 1)}"
        fixes = [Fix(text="Look for settings with fewer sentences (--sample) and a small encoder.")]
        return [
            self.finding(
                f"There is no GPU here: the training runs on {with_what}.",
                evidence=[Evidence(label="GPUs", value=0)],
                fixes=fixes,
            )
        ]
