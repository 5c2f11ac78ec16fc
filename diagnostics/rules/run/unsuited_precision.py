"""Rule R605: a numeric precision that the model or the device does not take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["UnsuitedPrecision"]

_OVERFLOWING = ("deberta-v3", "deberta-v2", "mdeberta", "mt5", "t5-", "flan-t5", "byt5")
_NON_FINITE = ("non-finite", "non-finite-loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsuitedPrecision(Rule[RunHistory]):
    """The numeric precision does not suit the model or the device.

    Why it matters: fp16 ends at 65,504. The activations of some families were trained in bf16 and
    lie beyond it: their loss becomes NaN, or the model never leaves F1 = 0. Processors compute fp16
    slowly or not at all.

    What to change: bf16 where the device has it, else fp32.

    Source: reports on DeBERTa-v2/v3, mDeBERTa, T5 and mT5 in fp16. Newer versions train some of
    them without harm, so the family alone is no fault: the run must show the overflow.
    """

    id: ClassVar = "R605"
    name: ClassVar = "unsuited-precision"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = (
        *("R101", "R102", "R103", "R104", "R105", "R106", "R201", "R301", "R302", "R303"),
        "R403",
    )
    doubt: ClassVar = "The same run in fp32 overflows as well."
    bad: ClassVar = {
        "DeBERTa-v3 in fp16 with a NaN": run_example(
            train_loss=(1.2, math.nan), f1=(0.1, 0.0), fp16=True, model="microsoft/deberta-v3-base"
        ),
        "the NaN recorded as an event": run_example(
            f1=(0.0, 0.0), fp16=True, model="google/mt5-small",
            events=[RunEvent(kind="non-finite", message="The loss is NaN.")],
        ),
        "fp16 on a processor": replace(
            run_example(f1=(0.5, 0.6), fp16=True), environment={"device": "cpu"}
        ),
    }  # fmt: skip
    good: ClassVar = {
        "DeBERTa-v3 in fp16 that learned": run_example(
            f1=(0.8, 0.9), fp16=True, model="microsoft/deberta-v3-base"
        ),
        "in bf16": run_example(
            train_loss=(1.2, math.nan), bf16=True, model="microsoft/deberta-v3-base"
        ),
        "BERT in fp16": run_example(f1=(0.8, 0.9), fp16=True, model="bert-base-cased"),
        "a NaN of a model without this weakness": run_example(
            train_loss=(1.2, math.nan), fp16=True, model="bert-base-cased"
        ),
        "fp16 on a GPU": replace(
            run_example(f1=(0.5, 0.6), fp16=True), environment={"device": "NVIDIA T4"}
        ),
    }

    alive: float = 0.3
    """Score that no overflowing model reaches, from 0 to 1."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for fp16 on a processor, and for an overflow of a family known for it."""
        if "fp16" not in run.config:
            return NotApplicable(reason="the run did not record its precision")
        if run.config.get("fp16") is not True:
            return []
        device = run.environment.get("device")
        if isinstance(device, str) and device.strip().lower().startswith(("cpu", "mps")):
            # A run that was scored computed in something after all.
            severity = Severity.INFO if series.scores(run) else Severity.WARNING
            message = f"fp16 was asked for on {device}, which is not made for it."
            return [self._finding(message, severity)]
        model = str(run.config.get("model", ""))
        if not model.lower().rpartition("/")[2].startswith(_OVERFLOWING):
            return []
        values = series.scores(run)
        learned = bool(values) and max(point.value for point in values) > self.alive
        if learned or not _overflowed(run):
            return []
        message = f"{model} in fp16 overflowed: its loss is not a finite number."
        return [self._finding(message, Severity.WARNING)]

    def _finding(self, message: str, severity: Severity) -> Finding:
        fix = Fix(
            text="Train in bf16, or in fp32 where the device has no bf16.",
            parameter="precision",
            old="fp16",
            new="bf16",
            how="bf16 has the range of fp32; fp16 ends at 65,504",
        )
        return self.finding(
            message,
            evidence=[Evidence(label="fp16", value=True)],
            fixes=[fix],
            severity=severity,
        )


def _overflowed(run: RunHistory) -> bool:
    losses = [loss for point in run.epochs for loss in (point.train_loss, point.eval_loss)]
    losses += [row.loss for row in run.steps]
    lost = any(loss is not None and not math.isfinite(loss) for loss in losses)
    return lost or any(event.kind in _NON_FINITE for event in run.events)
