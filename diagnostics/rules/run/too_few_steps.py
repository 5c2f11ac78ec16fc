"""Rule R403: so few optimizer steps that no model would have learned the task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import fixes, reference_values, series, statistics, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TooFewSteps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewSteps(Rule[RunHistory]):
    """The training was too short: it made too few optimizer steps.

    Why it matters: the classification head starts at random, and each step moves it a little. A
    small data set in large batches gives a dozen steps per epoch; 3 epochs of it, 39 steps,
    normally end with a model that predicts O everywhere, at any learning rate.

    What to change: enough epochs for about 400 steps, or smaller batches.

    Source: 39 steps usually end at F1 = 0, while a public run of 13 steps per epoch reached F1
    0.757 after 20 epochs (260 steps). A warning needs more than a comparison with it: fewer than 50
    steps that ended near nothing, or a loss that still falls when the steps are over (exact
    Mann-Kendall, p < 0.05).
    """

    id: ClassVar = "R403"
    name: ClassVar = "too-few-steps"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    explains: ClassVar = (
        "R103", "R104", "R105", "R205", "R301", "R302", "R303", "R304", "R308",
        "R401",
    )  # fmt: skip
    doubt: ClassVar = "F1 still near 0 after 400 steps."
    bad: ClassVar = {
        "3 epochs of 13 steps end at F1 = 0": run_example(
            f1=(0, 0, 0), precision=(0, 0, 0), recall=(0, 0, 0), steps_per_epoch=13, batch_size=16
        ),
        "the loss still falls when 60 steps are over": run_example(
            f1=(0.1, 0.2, 0.25, 0.3), eval_loss=(1.0, 0.8, 0.7, 0.6), steps_per_epoch=15
        ),
        "16 steps, and the loss still falls": run_example(
            f1=(0.0, 0.2, 0.5, 0.57), eval_loss=(1.3, 0.6, 0.4, 0.35), steps_per_epoch=4
        ),
        "24 steps, and nothing shows that the loss still falls": run_example(
            f1=(0.0, 0.05, 0.08), steps_per_epoch=8
        ),
        "17 steps, nothing logged": replace(
            run_example(), config={"max_steps": 17, "steps_done": 17, "batch_size": 16}
        ),
    }
    good: ClassVar = {
        "half-way through its plan, nothing logged yet": replace(
            run_example(max_steps=40), config={"max_steps": 40, "steps_done": 20}
        ),
        "very few steps that sufficed": run_example(f1=(0.6, 0.8, 0.85), steps_per_epoch=10),
        "few steps that sufficed": run_example(f1=(0.6, 0.8, 0.85), steps_per_epoch=20),
        "1,000 steps": run_example(f1=(0.0, 0.0), steps_per_epoch=500),
    }

    least_steps: int = 100
    """Optimizer steps below which a low score is no surprise, in steps."""

    no_training: int = 50
    """Optimizer steps below which a score near nothing is put down to their number, in steps."""

    near_nothing: float = 0.3
    """F1 below which so few steps evidently did not suffice. Judgement."""

    learned: float = 0.5
    """Score from which the steps evidently sufficed. Judgement."""

    learned_at_once: float = 0.8
    """The same for fewer than `no_training` steps, which hardly ever suffice. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a low score after very few steps."""
        share = series.plan_share(run)
        steps = series.total_steps(run) or series.whole(run.config.get("steps_done"))
        if steps is None:
            return NotApplicable(reason="the run logged no step numbers")
        if len(series.evaluations(run)) < 2 and share is None:
            return NotApplicable(reason="a single evaluation does not show the end of the run")
        if share is not None and share < 0.9:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        if steps >= self.least_steps or not self._low(run, steps):
            return []
        per_epoch = steps / max(1.0, _epochs(run))
        tier = self._tier(run, steps)
        return [
            self.finding(
                f"The run made only {steps} optimizer step{'' if steps == 1 else 's'} "
                f"({per_epoch:.0f} per epoch). A "
                "classification head that starts at random usually needs "
                f"{reference_values.USUAL_STEPS}.",
                evidence=[Evidence(label="optimizer steps", value=steps)],
                fixes=_fixes(run, per_epoch),
                severity=Severity.INFO if tier is Tier.HEURISTIC else Severity.WARNING,
                tier=tier,
            )
        ]

    def _tier(self, run: RunHistory, steps: int) -> Tier:
        """Return whether the outcome, or a loss that still falls, shows that steps are missing.

        The number of steps alone is a comparison with what usually suffices.
        """
        best = series.best_point(run)
        low = best is not None and run.monitor == "f1" and best.value < self.near_nothing
        if low and steps < self.no_training:
            return Tier.CONCLUSIVE
        if run.monitor in (None, "loss"):
            return Tier.HEURISTIC
        logged = [point.value for point in step_series.losses(run)]
        tracks = (logged, [point.value for point in series.eval_losses(run)])
        falling = any(statistics.falling_p(track) < 0.05 for track in tracks)
        return Tier.STATISTICAL if falling else Tier.HEURISTIC

    def _low(self, run: RunHistory, steps: int) -> bool:
        enough = self.learned_at_once if steps < self.no_training else self.learned
        if run.monitor in (None, "loss") or not run.higher_is_better:
            return True
        return max((point.value for point in series.scores(run)), default=0.0) < enough


def _fixes(run: RunHistory, per_epoch: float) -> list[Fix]:
    longer = fixes.longer(
        run,
        reference_values.epochs_for_steps(per_epoch),
        text="Train for more epochs.",
        how=f"{reference_values.USUAL_STEPS} / {per_epoch:.0f} steps per epoch, from 3 to 30",
    )
    batch = series.whole(run.config.get("batch_size"))
    if batch is None:
        return longer or [_batch(None, 4)]
    twentieth = 2 ** math.floor(math.log2(max(1.0, per_epoch * batch / 20)))
    smaller = min(32, max(4, twentieth))
    if smaller >= batch:
        return longer or [_batch(batch, 1)]
    # Whichever gives more steps comes first.
    more = reference_values.epochs_for_steps(per_epoch) / max(1.0, _epochs(run))
    found = [*longer, _batch(batch, smaller)]
    return found if more >= batch / smaller else found[::-1]


def _epochs(run: RunHistory) -> float:
    done = run.epochs[-1].number if run.epochs else series.number(run.config.get("epochs"))
    return done or 1.0


def _batch(old: int | None, new: int) -> Fix:
    return Fix(
        text="Train in smaller batches.",
        parameter="batch_size",
        old=old,
        new=new,
        how="a power of two near a twentieth of the sentences, from 4 to 32",
    )
