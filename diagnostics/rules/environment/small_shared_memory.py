"""Rule E204: too little shared memory for data loader workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.rules.environment._evidence.sizes import gibibytes
from diagnostics.subjects.environment import Environment, Host

__all__ = ["SmallSharedMemory"]

_DOCKER = Host(shared_memory=64 * 2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSharedMemory(Rule[Environment]):
    """There is too little shared memory for data loader workers.

    Why it matters: workers hand their batches over in shared memory. When it is full the training
    dies with "Bus error" or "DataLoader worker is killed". A container has 64 MiB unless it asks
    for more. Without workers it does not matter.

    What to change: start the container with more of it; or load in the training's own process,
    which for text costs next to nothing.

    Source: PyTorch's documentation of multi-process data loading; Docker's default.
    """

    id: ClassVar = "E204"
    name: ClassVar = "small-shared-memory"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.host,)
    doubt: ClassVar = "The batches of all workers together are smaller than it."
    bad: ClassVar = {
        "a container's default, and workers": found(
            host=_DOCKER, plan={"dataloader_num_workers": 4}
        ),
        "a container's default": found(host=_DOCKER),
    }
    good: ClassVar = {
        "half of the main memory": found(
            host=Host(shared_memory=16 * 2**30), plan={"dataloader_num_workers": 4}
        ),
        "no workers": found(host=_DOCKER, plan={"dataloader_num_workers": 0}),
    }

    least: int = 512 * 2**20
    """Bytes from which it is enough for text. Judgement: a batch of token ids is small."""

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the size with what workers need."""
        size = environment.host.shared_memory if environment.host is not None else None
        workers = environment.plan.get("dataloader_num_workers")
        if size is None:
            return NotApplicable(reason="the system has no shared memory that could be measured")
        if size >= self.least or workers == 0:
            return []
        for_whom = (
            f"for {workers} data loader workers" if workers else "if data loader workers are used"
        )
        return [
            self.finding(
                f"The shared memory holds {shown_bytes(size)}, which is little {for_whom}.",
                evidence=[Evidence(label="shared memory", value=gibibytes(size), unit="GiB")],
                fixes=[
                    Fix(
                        text="Load the data in the training's own process.",
                        parameter="dataloader_num_workers",
                        old=workers,
                        new=0,
                        how="then nothing goes through shared memory",
                    ),
                    Fix(text="Or start the container with --shm-size 8g, or --ipc=host."),
                ],
                severity=Severity.WARNING if workers else Severity.INFO,
            )
        ]
