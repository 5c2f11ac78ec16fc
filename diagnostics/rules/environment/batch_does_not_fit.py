"""Rule E210: the planned batch needs more memory than is free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.rules.environment._evidence.sizes import gibibytes
from diagnostics.subjects.environment import Environment

__all__ = ["BatchDoesNotFit"]


def _planned(batch_size: int, needed: float, largest: int) -> Environment:
    """Return a forecast for a device with 24 GiB."""
    return found(
        plan={"batch_size": batch_size},
        forecast={
            "batch_size": batch_size,
            "length": 512,
            "upper_bytes": int(needed * 2**30),
            "free_bytes": 24 * 2**30,
            "largest_batch_size": largest,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDoesNotFit(Rule[Environment]):
    """The planned batch needs more memory than is free.

    Why it matters: the training ends with "out of memory", at once or when the longest sentences
    come together in a batch.

    What to change: the batch to the largest that fits, with its gradients accumulated so that a
    step stays as large as planned. Where not even one sentence fits: activations that are computed
    again (gradient checkpointing), shorter inputs, a smaller encoder.

    Source: a training step on tensors without data, whose allocations are counted; the upper end
    of that forecast is compared with what is free.
    """

    id: ClassVar = "E210"
    name: ClassVar = "batch-does-not-fit"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.forecast,)
    doubt: ClassVar = "`tuner train` splits such a batch by itself; other programs do not."
    bad: ClassVar = {
        "half of it would fit": _planned(64, 40.0, 37),
        "not even one sentence": _planned(8, 90.0, 0),
    }
    good: ClassVar = {
        "it fits": _planned(16, 10.0, 37),
        "no batch was planned": found(
            forecast={"upper_bytes": 30 * 2**30, "free_bytes": 24 * 2**30, "largest_batch_size": 9}
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the forecast of the planned batch with what is free."""
        forecast = environment.forecast
        free, needed = forecast.get("free_bytes"), forecast.get("upper_bytes")
        batch = environment.plan.get("batch_size")
        if batch is None or free is None or needed is None:
            return NotApplicable(reason="no batch was planned, or the free memory is not known")
        if needed <= free:
            return []
        return [
            self.finding(
                f"A batch of {batch} at {forecast.get('length')} sub-tokens needs up to "
                f"{shown_bytes(needed)}, but {shown_bytes(free)} are free.",
                evidence=[
                    Evidence(label="needed at most", value=gibibytes(needed), unit="GiB"),
                    Evidence(label="free", value=gibibytes(free), unit="GiB"),
                ],
                fixes=_fixes(batch, forecast),
            )
        ]


def _fixes(batch: int, forecast: Mapping[str, Any]) -> list[Fix]:
    largest = forecast.get("largest_batch_size") or 0
    if not largest:
        return [
            Fix(
                text="Compute activations again in the backward pass.",
                parameter="gradient_checkpointing",
                new=True,
                how="not even one sentence fits",
            ),
            Fix(text="Or cut inputs shorter (--max-length), or take a smaller encoder."),
        ]
    smaller = min(1 << (largest.bit_length() - 1), batch - 1)
    return [
        Fix(
            text="Take a smaller batch.",
            parameter="batch_size",
            old=batch,
            new=smaller,
            how=f"{largest} fit at most; a power of two below it",
        ),
        Fix(
            text="Accumulate gradients, so that a step is as large as planned.",
            parameter="gradient_accumulation_steps",
            old=1,
            new=-(-batch // smaller),
            how=f"{batch} / {smaller}, rounded up",
        ),
    ]
