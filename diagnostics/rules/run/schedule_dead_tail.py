"""Rule R109: the learning-rate schedule and the length of the run do not fit together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from diagnostics import fixes, series, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.step_series import StepPoint
from diagnostics.subjects.run_history import RunHistory

__all__ = ["ScheduleDeadTail"]

_LINEAR = [1e-4 * (1 - step / 20) for step in range(1, 21)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDeadTail(Rule[RunHistory]):
    """The schedule does not fit the run: a dead tail, or a warm-up that never ends.

    Why it matters: steps at a learning rate of zero cost as much as others and change nothing. A
    run that ends within its warm-up never trained at the rate that was asked for.

    What to change: unless the score is good, a schedule as long as the run; else as many epochs as
    the schedule has steps for; a warm-up of a tenth of the steps.

    Source: the schedules of transformers: linear and cosine decay fall below a thousandth of their
    peak only in the last 2 % of the steps. Google's Deep Learning Tuning Playbook: warm-up of at
    most a tenth of the steps.
    """

    id: ClassVar = "R109"
    name: ClassVar = "schedule-dead-tail"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R103", "R104", "R105", "R106", "R205", "R301", "R302", "R303", "R304")
    doubt: ClassVar = "A schedule that waits on purpose, such as one that lowers on plateaus."
    bad: ClassVar = {
        "zero for the second half": run_example(
            rates=(1e-4, 8e-5, 6e-5, 4e-5, 2e-5, *[0.0] * 5), f1=(0.1, 0.3, 0.4, 0.5, *[0.55] * 6)
        ),
        "500 steps of warm-up in a run of 60": run_example(
            step_rates=[step / 500 * 5e-5 for step in range(1, 61)],
            f1=(0.0, 0.0, 0.01),
            steps_per_epoch=20,
            warmup_steps=500,
        ),
    }
    good: ClassVar = {
        "linear decay to 0": run_example(step_rates=_LINEAR, f1=(0.4, 0.6), steps_per_epoch=10),
        "cosine decay": run_example(
            step_rates=[5e-5 * (1 + math.cos(math.pi * step / 50)) for step in range(1, 51)],
            f1=(0.4, 0.6),
            steps_per_epoch=25,
        ),
        "lowered on plateaus until nothing moved": run_example(
            rates=(1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-6, 1e-6, 1e-6),
            f1=(0.5,) * 10,
            schedule="reduce_lr_on_plateau",
        ),
        "a constant rate": run_example(rates=(1e-4,) * 10, f1=(0.5,) * 10),
        "still in its warm-up, a tenth into the plan": run_example(
            step_rates=[step / 50 * 5e-5 for step in range(1, 31)],
            f1=(0.0,),
            steps_per_epoch=30,
            max_steps=300,
        ),
    }

    dead: float = 1e-3
    """Share of its peak below which a learning rate moves nothing; fp32 rounds at 1e-7."""

    longest_tail: float = 0.1
    """Share of the steps that may lie in the tail; cosine decay has 0.02."""

    fewest_rates: int = 8
    """Logged learning rates below which a tail of a tenth cannot be seen."""

    low_score: float = 0.8
    """Score below which the steps that the schedule leaves out are worth more than their time."""

    good_score: float = 0.9
    """Score from which a run that never left its warm-up evidently learned all the same."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a long tail near zero, for a rise to the end, and for a missing warm-up."""
        if "plateau" in str(run.config.get("schedule", "")).lower():
            return NotApplicable(reason="the schedule lowers the learning rate on plateaus")
        rates = step_series.learning_rates(run)
        peak = max((point.value for point in rates), default=0.0)
        if len(rates) < 3 or peak <= 0:
            return NotApplicable(reason="the run logged fewer than 3 learning rates above nought")
        share = series.plan_share(run)
        if _rises_throughout(rates):
            if share is None or share < 0.95:
                return NotApplicable(reason="the run is not known to be over: it may warm up yet")
            return [self._endless_warmup(run, rates)]
        start, end = self._tail(rates, peak), rates[-1].step
        if len(rates) >= self.fewest_rates and end - start > self.longest_tail * end:
            return [self._dead_tail(run, start, end)]
        if self._skipped_warmup(run, rates, peak):
            return [self._no_warmup(run, rates[0], peak)]
        return []

    def _tail(self, rates: Sequence[StepPoint], peak: float) -> int:
        """Return the first step of the tail at no learning rate; the last step without a tail."""
        start = rates[-1].step
        for point in reversed(rates):
            if point.value > self.dead * peak:
                break
            start = point.step
        return start

    def _skipped_warmup(self, run: RunHistory, rates: Sequence[StepPoint], peak: float) -> bool:
        warmup = step_series.warmup_steps(run)
        return warmup is not None and rates[0].step < 0.8 * warmup and rates[0].value >= 0.99 * peak

    def _endless_warmup(self, run: RunHistory, rates: Sequence[StepPoint]) -> Finding:
        steps = series.total_steps(run) or rates[-1].step
        old = series.number(run.config.get("warmup_steps"))
        fix = Fix(
            text="Warm up over the first tenth of the steps only.",
            parameter="warmup_steps",
            old=None if old is None else int(old) if old.is_integer() else old,
            new=max(1, steps // 10),
            how=f"a tenth of {steps} steps",
        )
        return self.finding(
            f"The learning rate still rises at the end: from {rates[0].value:.2g} at step "
            f"{rates[0].step} to {rates[-1].value:.2g} at step {rates[-1].step}. The run of "
            f"{steps} steps ended within its warm-up.",
            evidence=[
                Evidence(label="first learning rate", value=rates[0].value),
                Evidence(label="last learning rate", value=rates[-1].value),
                Evidence(label="steps", value=steps),
            ],
            fixes=[fix],
            severity=Severity.INFO if _best(run) >= self.good_score else Severity.WARNING,
        )

    def _dead_tail(self, run: RunHistory, start: int, end: int) -> Finding:
        lost = (end - start) / end
        last = run.epochs[-1].number if run.epochs else 1.0
        shorter = fixes.shorter(
            run,
            (1 - lost) * last,
            text="Train only while the schedule lasts.",
            how=f"{last:g} epochs less the {lost:.0%} at no learning rate",
        )
        schedule = Fix(
            text="Stretch the schedule over the whole run: it must be given all its steps.",
            parameter="max_steps",
            old=start,
            new=end,
            how="steps per epoch times epochs, divided by the accumulated steps",
        )
        return self.finding(
            f"From step {start} to the end at {end} the learning rate is (nearly) 0: the last "
            f"{lost:.0%} of the steps changed nothing.",
            evidence=[
                Evidence(label="first step without learning rate", value=start),
                Evidence(label="share of the steps", value=lost),
            ],
            fixes=[schedule, *shorter] if _best(run) < self.low_score else [*shorter, schedule],
            severity=Severity.WARNING if lost > 2 * self.longest_tail else Severity.INFO,
        )

    def _no_warmup(self, run: RunHistory, first: StepPoint, peak: float) -> Finding:
        warmup = step_series.warmup_steps(run) or 0
        fix = Fix(
            text="Create the scheduler with the same number of steps as the training.",
            parameter="warmup_steps",
            new=warmup,
            how="the configured warm-up, in steps of the optimizer",
        )
        return self.finding(
            f"The learning rate is at its peak of {peak:.2g} at step {first.step}, within the "
            f"{warmup} steps of warm-up that are configured: the warm-up did not happen.",
            evidence=[Evidence(label="step of the peak", value=first.step)],
            fixes=[fix],
            severity=Severity.INFO,
        )


def _rises_throughout(rates: Sequence[StepPoint]) -> bool:
    """Whether each learning rate is above the one before: a warm-up that did not end."""
    return all(after.value > before.value for before, after in pairwise(rates))


def _best(run: RunHistory) -> float:
    """Return the best score; NaN where none was logged, or it is no share."""
    best = series.best_point(run)
    return best.value if best is not None and series.share_metric(run) else math.nan
