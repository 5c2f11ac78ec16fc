"""Rule E108: PyTorch was built without CUDA, and the machine has a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found, libraries
from diagnostics.rules.environment._evidence.installs import TORCH_BUILDS
from diagnostics.subjects.environment import Accelerator, Environment, Torch

__all__ = ["CpuBuildWithGpu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuBuildWithGpu(Rule[Environment]):
    """PyTorch was built without CUDA, and the machine has a GPU.

    Why it matters: the training runs on the processor, an order of magnitude slower, and nothing
    says so. On Windows the package index has only such builds.

    What to change: a build of PyTorch for the CUDA that the driver serves, from PyTorch's own
    index.

    Source: the build's own version file, and the GPUs that the driver lists.
    """

    id: ClassVar = "E108"
    name: ClassVar = "cpu-build-with-gpu"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.torch, needs.accelerators)
    explains: ClassVar = ("E201", "E202")
    doubt: ClassVar = "The GPU is left alone on purpose."
    bad: ClassVar = {
        "a build for processors": found(
            libraries=libraries({"torch": "2.8.0+cpu"}),
            torch=Torch(cuda="", hip=""),
            accelerators=(GPU,),
            driver="550.54",
            driver_cuda="12.4",
        ),
    }
    good: ClassVar = {
        "a CUDA build": found(torch=Torch(cuda="12.6", hip=""), accelerators=(GPU,)),
        "no GPU": found(torch=Torch(cuda="", hip=""), accelerators=()),
        "Apple's GPU needs no CUDA": found(
            torch=Torch(cuda="", hip="", mps=True),
            accelerators=(Accelerator(index=0, name="Apple GPU", kind="mps"),),
        ),
        "the build is not known": found(torch=Torch(), accelerators=(GPU,)),
        "a GPU that is hidden": found(
            torch=Torch(cuda="", hip=""),
            accelerators=(Accelerator(index=0, name="NVIDIA A10", visible=False),),
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look at the build, and for NVIDIA's GPUs."""
        torch = environment.torch
        gpus = [gpu for gpu in environment.accelerators or () if gpu.kind == "cuda" and gpu.visible]
        if torch is None or torch.cuda != "" or torch.hip or not gpus:
            return []
        version = environment.version("torch") or ""
        serves = f" for CUDA {environment.driver_cuda} or older" if environment.driver_cuda else ""
        return [
            self.finding(
                f"PyTorch {version} was built without CUDA, so that {gpus[0].name} is not used.",
                evidence=[
                    Evidence(label="PyTorch", value=version),
                    Evidence(label="GPUs", value=len(gpus)),
                ],
                fixes=[Fix(text=f"Install a build of PyTorch{serves}: {TORCH_BUILDS}.")],
            )
        ]
