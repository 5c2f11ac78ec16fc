"""Rule E209: the device does not compute in the precision that is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.subjects.environment import Accelerator, Environment

__all__ = ["UnsupportedPrecision"]

_T4 = Accelerator(index=0, name="Tesla T4", capability=(7, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedPrecision(Rule[Environment]):
    """The device does not compute in the precision that is planned.

    Why it matters: bf16 on a GPU before Ampere is emulated, slower than fp32. fp16 on a processor
    is slow at best, and the scaling of the loss needs a GPU.

    What to change: fp16 on such a GPU, bf16 or fp32 on a processor.

    Source: CUDA programming guide: bfloat16 from compute capability 8.0 on; fp16 tensor cores from
    7.0 on.
    """

    id: ClassVar = "E209"
    name: ClassVar = "unsupported-precision"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.accelerators,)
    doubt: ClassVar = "The training runs on another device."
    bad: ClassVar = {
        "bf16 on a T4": found(accelerators=(_T4,), plan={"precision": "bf16"}),
        "fp16 on a processor": found(accelerators=(), plan={"precision": "fp16"}),
    }
    good: ClassVar = {
        "bf16 on an A10": found(accelerators=(GPU,), plan={"precision": "bf16"}),
        "fp16 on a T4": found(accelerators=(_T4,), plan={"precision": "fp16"}),
        "fp32 on a processor": found(accelerators=(), plan={"precision": "fp32"}),
        "bf16 on a processor": found(accelerators=(), plan={"precision": "bf16"}),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the plan with the device that trains."""
        planned = environment.plan.get("precision")
        if planned is None:
            return NotApplicable(reason="no precision was given")
        gpu = next((gpu for gpu in environment.accelerators or () if gpu.visible), None)
        if gpu is None and planned == "fp16":
            return [self._finding("The processor", "fp16", "fp32", "fp16 is made for GPUs")]
        if gpu is not None and planned == "bf16" and gpu.bf16 is False:
            how = "bf16 needs compute capability 8.0"
            return [self._finding(gpu.name, "bf16", "fp16", how)]
        return []

    def _finding(self, device: str, old: str, new: str, how: str) -> Finding:
        fix = Fix(text=f"Train in {new}.", parameter="precision", old=old, new=new, how=how)
        return self.finding(
            f"{device} does not compute in {old} at full speed.",
            evidence=[Evidence(label="precision", value=old)],
            fixes=[fix],
        )
