"""Rule E107: the build of PyTorch holds no kernels for the GPU that is here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.rules.environment._evidence.installs import TORCH_BUILDS
from diagnostics.subjects.environment import Accelerator, Environment, Torch

__all__ = ["NoKernelForDevice"]

_ARCHITECTURE = re.compile(r"(sm|compute)_(\d{1,2})(\d)[af]?")
_BUILT = ("sm_75", "sm_80", "sm_86", "sm_90")
_OLD = Accelerator(index=0, name="Tesla P100", capability=(6, 0))
_NEW = Accelerator(index=0, name="NVIDIA B200", capability=(10, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoKernelForDevice(Rule[Environment]):
    """The build of PyTorch holds no kernels for the GPU that is here.

    Why it matters: the first operation on the GPU fails with "no kernel image is available for
    execution on the device", although PyTorch finds the GPU.

    What to change: a build that holds them: a newer one for a newer GPU, an older one for a GPU
    whose support was dropped.

    Source: CUDA programming guide: a binary runs on devices of the same major capability and the
    same or a higher minor one; intermediate code (PTX, `compute_90`) runs on all newer devices.
    """

    id: ClassVar = "E107"
    name: ClassVar = "no-kernel-for-device"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.torch, needs.accelerators)
    doubt: ClassVar = "Another GPU of the machine is used for the training."
    bad: ClassVar = {
        "support was dropped": found(torch=Torch(architectures=_BUILT), accelerators=(_OLD,)),
        "newer than the build": found(torch=Torch(architectures=_BUILT), accelerators=(_NEW,)),
    }
    good: ClassVar = {
        "the very architecture": found(torch=Torch(architectures=_BUILT), accelerators=(GPU,)),
        "a lower minor one": found(
            torch=Torch(architectures=_BUILT),
            accelerators=(Accelerator(index=0, name="NVIDIA L4", capability=(8, 9)),),
        ),
        "intermediate code": found(
            torch=Torch(architectures=(*_BUILT, "compute_90")), accelerators=(_NEW,)
        ),
        "of two GPUs one will do": found(
            torch=Torch(architectures=_BUILT), accelerators=(GPU, _OLD)
        ),
        "a GPU that is hidden": found(
            torch=Torch(architectures=_BUILT),
            accelerators=(Accelerator(index=0, name="P100", capability=(6, 0), visible=False),),
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the capability of each visible GPU with the architectures of the build."""
        torch = environment.torch
        built = [name for name in _architectures(torch) if _ARCHITECTURE.fullmatch(name)]
        gpus = [
            gpu
            for gpu in environment.accelerators or ()
            if gpu.visible and gpu.capability is not None
        ]
        if not built or not gpus:
            return NotApplicable(reason="no GPU meets a known CUDA build here")
        if any(_runs(gpu.capability or (0, 0), built) for gpu in gpus):
            return []
        return [self._finding(gpus[0], built)]

    def _finding(self, gpu: Accelerator, built: Sequence[str]) -> Finding:
        major, minor = gpu.capability or (0, 0)
        oldest = min(_parsed(name)[1:] for name in built)
        age = "an older" if (major, minor) < oldest else "a newer"
        return self.finding(
            f"{gpu.name} has compute capability {major}.{minor}, but PyTorch holds kernels for "
            f"{', '.join(built)} only.",
            evidence=[
                Evidence(label="compute capability", value=f"{major}.{minor}"),
                Evidence(label="architectures of PyTorch", value=", ".join(built)),
            ],
            fixes=[
                Fix(
                    text=f"Install {age} build of PyTorch, one with sm_{major}{minor}: "
                    f"{TORCH_BUILDS}."
                )
            ],
        )


def _architectures(torch: Torch | None) -> Sequence[str]:
    return () if torch is None else torch.architectures or ()


def _parsed(name: str) -> tuple[str, int, int]:
    match = _ARCHITECTURE.fullmatch(name)
    return (match[1], int(match[2]), int(match[3])) if match else ("", 0, 0)


def _runs(capability: tuple[int, int], built: Sequence[str]) -> bool:
    for kind, major, minor in map(_parsed, built):
        same = kind == "sm" and major == capability[0] and minor <= capability[1]
        if same or (kind == "compute" and (major, minor) <= capability):
            return True
    return False
