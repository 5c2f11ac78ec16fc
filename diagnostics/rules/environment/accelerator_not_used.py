"""Rule E202: the machine has a GPU that PyTorch cannot use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.subjects.environment import Accelerator, Environment, Torch

__all__ = ["AcceleratorNotUsed"]

_HIDDEN = replace(GPU, visible=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorNotUsed(Rule[Environment]):
    """The machine has a GPU that PyTorch cannot use.

    Why it matters: the training runs on the processor, an order of magnitude slower, and only a
    line of a log says so.

    What to change: the environment variable CUDA_VISIBLE_DEVICES where it hides all GPUs; else the
    driver or the container: after an update of the driver its module must be loaded anew, and a
    container needs `--gpus all`.

    Source: what the driver lists, and what PyTorch finds.
    """

    id: ClassVar = "E202"
    name: ClassVar = "accelerator-not-used"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.accelerators,)
    explains: ClassVar = ("E201",)
    doubt: ClassVar = "The GPU is left alone on purpose."
    bad: ClassVar = {
        "all hidden": found(accelerators=(_HIDDEN,), torch=Torch(available=False)),
        "PyTorch finds none of them": found(
            accelerators=(GPU,), torch=Torch(cuda="12.6", available=False)
        ),
    }
    good: ClassVar = {
        "found": found(accelerators=(GPU,), torch=Torch(cuda="12.6", available=True)),
        "one of two hidden": found(
            accelerators=(_HIDDEN, replace(GPU, index=1)), torch=Torch(available=True)
        ),
        "none there": found(accelerators=(), torch=Torch(available=False)),
        "PyTorch was not tried": found(accelerators=(GPU,)),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Compare what the driver lists with what PyTorch finds."""
        gpus = environment.accelerators or ()
        available = environment.torch.available if environment.torch is not None else None
        hidden = bool(gpus) and not any(gpu.visible for gpu in gpus)
        if not gpus or (not hidden and available is not False):
            return []
        why = "CUDA_VISIBLE_DEVICES hides it" if hidden else "PyTorch does not find it"
        return [
            self.finding(
                f"{gpus[0].name} is there, but {why}.",
                evidence=[Evidence(label="GPUs of the driver", value=len(gpus))],
                fixes=_fixes(gpus, hidden=hidden),
            )
        ]


def _fixes(gpus: Sequence[Accelerator], *, hidden: bool) -> list[Fix]:
    if hidden:
        return [
            Fix(
                text=f"Set CUDA_VISIBLE_DEVICES={gpus[0].index}, or unset it.",
                parameter="CUDA_VISIBLE_DEVICES",
                new=str(gpus[0].index),
                how="the number that the driver gives it",
            )
        ]
    return [
        Fix(text="Load the driver anew (after an update: start the machine again)."),
        Fix(text="In a container, start it with --gpus all."),
    ]
