"""Rule R110: the training loss jumps up again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from diagnostics import fixes, fluctuations, series, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.fixes import rounded
from diagnostics.rule import Rule
from diagnostics.step_series import StepPoint
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LossSpikes"]

_FALLING = [0.2 + 2.0 * 0.97**step + 0.03 * ((step * 7) % 5) for step in range(200)]
_SPIKED = [3.0 if step in (60, 90, 110, 151) else loss for step, loss in enumerate(_FALLING)]
_HARD_SENTENCES = [0.8 if step in (90, 110, 151) else loss for step, loss in enumerate(_FALLING)]
_BY_EPOCH = [1.4 * loss if step % 50 == 0 else loss for step, loss in enumerate(_FALLING)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossSpikes(Rule[RunHistory]):
    """The training loss has spikes: single steps throw the model back.

    Why it matters: one batch with a huge gradient moves the weights far off. If the loss jumps back
    to where the run began, the progress until then is lost, and some runs never recover.

    What to change: clip the gradient at the 90th percentile of its norm; if most spikes fall in the
    first tenth, warm up for longer. Look at the sentences of those steps.

    Source: modified z-score above 6 against the 21 points before, and at least 1.5 times their
    median. Clipping: Google's Deep Learning Tuning Playbook.
    """

    id: ClassVar = "R110"
    name: ClassVar = "loss-spikes"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    explains: ClassVar = ("R107",)
    doubt: ClassVar = "The same steps without spikes under another order of the sentences."
    bad: ClassVar = {
        "back to the start, four times": run_example(
            step_losses=_SPIKED, steps_per_epoch=50, f1=(0.3, 0.4, 0.5, 0.5)
        ),
    }
    good: ClassVar = {
        "noise": run_example(step_losses=_FALLING, steps_per_epoch=50),
        "a few hard sentences after the loss is low": run_example(
            step_losses=_HARD_SENTENCES, steps_per_epoch=50
        ),
        "a bump at each epoch": run_example(step_losses=_BY_EPOCH, steps_per_epoch=50),
        "too few points": run_example(step_losses=(0.5, 3.0) * 10, steps_per_epoch=10),
    }

    fewest_points: int = 30
    """Logged losses below which a spike cannot be told from noise."""

    fewest_spikes: int = 3
    """Spikes that make a pattern."""

    thrown_back: float = 0.5
    """Share of the first losses that a spike must reach to be a setback. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for losses far above those before them."""
        points = step_series.losses(run)
        if len(points) < self.fewest_points:
            return NotApplicable(
                reason=f"the run logged {len(points)} training losses, and this needs "
                f"{self.fewest_points}"
            )
        values = [point.value for point in points]
        if min(values) < 0:
            return NotApplicable(reason="the loss is negative: this is no supervised training")
        found = [points[place] for place, _ in fluctuations.spikes(values)]
        if len(found) < self.fewest_spikes:
            return []
        start = median(values[: self.fewest_points // 3])
        setbacks = [point for point in found if point.value >= self.thrown_back * start]
        if len(setbacks) < self.fewest_spikes:
            return []
        return [self._finding(run, setbacks, points)]

    def _finding(
        self, run: RunHistory, found: Sequence[StepPoint], points: Sequence[StepPoint]
    ) -> Finding:
        steps = ", ".join(str(point.step) for point in found[:6])
        more = f" and {len(found) - 6} more" if len(found) > 6 else ""
        at_epochs = self._at_epochs(run, found, points)
        where = " They fall on the beginnings of epochs." if at_epochs else ""
        highest = max(point.value for point in found)
        return self.finding(
            f"The training loss jumps up {len(found)} times, to as much as {highest:.3g} (steps "
            f"{steps}{more}), back to where the run began.{where}",
            evidence=[
                Evidence(label="spikes", value=len(found)),
                Evidence(label="highest loss", value=highest),
                Evidence(label="last loss", value=points[-1].value),
            ],
            fixes=_fixes(run, found, points),
            severity=Severity.INFO if at_epochs else Severity.WARNING,
        )

    def _at_epochs(
        self, run: RunHistory, found: Sequence[StepPoint], points: Sequence[StepPoint]
    ) -> bool:
        """Whether most spikes lie at the beginning of an epoch, which is an artefact of logging."""
        per_epoch = step_series.steps_per_epoch(run)
        if per_epoch is None or len(points) < 2:
            return False
        spacing = (points[-1].step - points[0].step) / (len(points) - 1)
        near = max(1.5 * spacing, 0.02 * per_epoch)
        hits = sum(point.step % per_epoch <= near for point in found)
        expected = near / per_epoch
        return expected < 0.3 and hits > 0.7 * len(found)


def _fixes(run: RunHistory, found: Sequence[StepPoint], points: Sequence[StepPoint]) -> list[Fix]:
    norms = sorted(point.value for point in step_series.gradient_norms(run) if point.value > 0)
    old = series.number(run.config.get("max_grad_norm"))
    new = rounded(norms[int(0.9 * (len(norms) - 1))]) if len(norms) >= 10 else 0.5
    how = "the 90th percentile of the logged norms" if len(norms) >= 10 else "half the usual 1.0"
    clip = Fix(text="Clip the gradient.", parameter="max_grad_norm", old=old, new=new, how=how)
    slower = fixes.lower_learning_rate(run, 2)
    early = sum(point.step <= 0.1 * points[-1].step for point in found) >= 0.5 * len(found)
    warm = Fix(
        text="Warm up for longer: most spikes come early.",
        parameter="warmup_ratio",
        old=series.number(run.config.get("warmup_ratio")),
        new=0.2,
        how="twice the usual tenth",
    )
    clipped = [clip] if old is None or new < old else []
    return [*clipped, *([warm] if early else []), slower]
