"""Rule E106: PyTorch was built for a newer CUDA than the driver serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.rules.environment._evidence.installs import TORCH_BUILDS
from diagnostics.subjects.environment import Environment, Torch

__all__ = ["CudaNewerThanDriver"]

_LEAST_DRIVERS = {11: 450, 12: 525, 13: 580}
"""CUDA release family to the first driver branch that serves all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaNewerThanDriver(Rule[Environment]):
    """PyTorch was built for a newer CUDA than the driver serves.

    Why it matters: PyTorch finds no GPU ("The NVIDIA driver on your system is too old") and the
    training quietly runs on the processor, or fails at the first kernel.

    What to change: a build of PyTorch for an older CUDA; or a newer driver, where one may install
    it.

    Source: NVIDIA's page on minor version compatibility: a driver serves every CUDA release of its
    family (11.x from 450, 12.x from 525, 13.x from 580) and all older families.
    """

    id: ClassVar = "E106"
    name: ClassVar = "cuda-newer-than-driver"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.torch, needs.accelerators)
    explains: ClassVar = ("E201", "E202")
    doubt: ClassVar = "The forward compatibility package of CUDA is installed on a data centre GPU."
    bad: ClassVar = {
        "CUDA 12 under an old driver": found(
            torch=Torch(cuda="12.6"), accelerators=(GPU,), driver="470.199.02"
        ),
        "CUDA 13 under a driver for CUDA 12": found(
            torch=Torch(cuda="13.0", available=False),
            accelerators=(GPU,),
            driver="570.86.15",
            driver_cuda="12.8",
        ),
    }
    good: ClassVar = {
        "a newer release of the same family": found(
            torch=Torch(cuda="12.8"), accelerators=(GPU,), driver="535.54.03", driver_cuda="12.2"
        ),
        "an older build": found(torch=Torch(cuda="11.8"), accelerators=(GPU,), driver="580.65"),
        "built without CUDA": found(torch=Torch(cuda=""), accelerators=(GPU,), driver="470.1"),
        "PyTorch finds it all the same": found(
            torch=Torch(cuda="12.6", available=True), accelerators=(GPU,), driver="470.199.02"
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the family of the build with the driver."""
        torch = environment.torch
        built = _whole(torch.cuda if torch is not None else None)
        branch, serves = _whole(environment.driver), _whole(environment.driver_cuda)
        if built is None or (branch is None and serves is None):
            return NotApplicable(reason="no CUDA build meets a known driver here")
        least = _LEAST_DRIVERS.get(built)
        old = branch < least if branch is not None and least is not None else None
        if old is None:
            old = serves is not None and serves < built
        if torch is None or not old or torch.available:
            return []
        return [self._finding(environment, torch.cuda or "", least)]

    def _finding(self, environment: Environment, cuda: str, least: int | None) -> Finding:
        driver = environment.driver or f"for CUDA {environment.driver_cuda}"
        wanted = f", which needs driver {least} or newer" if least else ""
        serves = environment.driver_cuda or _family(environment.driver)
        older = f"CUDA {serves}" if serves else f"a CUDA older than {cuda}"
        return self.finding(
            f"PyTorch was built for CUDA {cuda}{wanted}, but the driver is {driver}.",
            evidence=[
                Evidence(label="CUDA of PyTorch", value=cuda),
                Evidence(label="driver", value=driver),
            ],
            fixes=[
                Fix(text=f"Install a build of PyTorch for {older} or older: {TORCH_BUILDS}."),
                Fix(text="Or install a newer NVIDIA driver and start the machine again."),
            ],
        )


def _whole(version: str | None) -> int | None:
    first = (version or "").partition(".")[0]
    return int(first) if first.isdecimal() and len(first) < 6 else None


def _family(driver: str | None) -> str:
    """Return the newest CUDA family that a driver serves in whole, as `11.x`."""
    branch = _whole(driver)
    served = [cuda for cuda, least in _LEAST_DRIVERS.items() if branch and branch >= least]
    return f"{max(served)}.x" if served else ""
