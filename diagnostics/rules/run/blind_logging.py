"""Rule R603: the training loss was logged so rarely that it was never logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["BlindLogging"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindLogging(Rule[RunHistory]):
    """The run logged no training loss: the interval is longer than the run.

    Why it matters: without a training loss nobody can tell overfitting from underfitting, or see
    that the steps are too large. Cards of such runs say "No log".

    What to change: log five times per epoch.

    Source: the Trainer logs every 500 steps by default; 25 of 76 public model cards of token
    classifiers show no training loss for this reason.
    """

    id: ClassVar = "R603"
    name: ClassVar = "blind-logging"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.steps,)
    doubt: ClassVar = "The training loss was written to another file."
    bad: ClassVar = {
        "93 steps, the default interval of 500": run_example(
            f1=(0.3, 0.7, 0.73), eval_loss=(0.03, 0.02, 0.02), steps_per_epoch=31
        ),
        "an interval of its own": run_example(
            f1=(0.3, 0.7), eval_loss=(0.3, 0.2), steps_per_epoch=400, logging_steps=1_000
        ),
    }
    good: ClassVar = {
        "logged every epoch": run_example(f1=(0.3, 0.7), train_loss=(0.5, 0.3), steps_per_epoch=31),
        "logged in the last epoch only": run_example(
            f1=(0.3, 0.7), train_loss=(0.5,), steps_per_epoch=400
        ),
        "a long run whose tool logs no training loss": run_example(
            f1=(0.3, 0.7), steps_per_epoch=5_000
        ),
        "a step-level log": run_example(f1=(0.3,), step_losses=[0.5] * 20),
    }

    usual_interval: int = 500
    """Interval assumed where none was recorded, in steps: the default of TrainingArguments."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a run that was evaluated, is shorter than its interval, and has no loss."""
        steps = series.total_steps(run) or 0
        if series.train_losses(run) or any(row.loss is not None for row in run.steps):
            return []
        share = series.plan_share(run)
        if not series.evaluations(run) or (share is not None and share < 0.5):
            return NotApplicable(reason="the run had hardly begun")
        recorded = series.whole(run.config.get("logging_steps"))
        interval = self.usual_interval if recorded is None else recorded
        if any(point.train_loss is not None for point in run.epochs) or steps >= interval:
            return []
        per_epoch = steps / max(1.0, run.epochs[-1].number)
        new = max(1, round(per_epoch / 5))
        default = "" if recorded is not None else f" (the default is {interval})"
        return [
            self.finding(
                f"No training loss was logged in {steps} steps: the interval is longer{default}.",
                evidence=[Evidence(label="steps", value=steps)],
                fixes=[
                    Fix(
                        text="Log the training loss more often.",
                        parameter="logging_steps",
                        old=recorded,
                        new=new,
                        how=f"a fifth of the {per_epoch:.0f} steps of an epoch",
                    )
                ],
            )
        ]
