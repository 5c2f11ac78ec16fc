"""Rule R105: the score still rises at the end of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["StillImproving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StillImproving(Rule[RunHistory]):
    """The score still rises when the run ends: more epochs would help.

    Why it matters: the run was cut off while it gained; the points left over are the cheapest ones
    there are.

    What to change: half as many epochs again. The learning-rate schedule stretches with them, so
    train anew instead of adding epochs at a learning rate of zero.

    Source: the best epoch is the last in 34 % of public runs, most of them flat there. So the rise
    of the last evaluations must be a trend (exact Mann-Kendall, p < 0.05) and larger than noise.
    """

    id: ClassVar = "R105"
    name: ClassVar = "still-improving"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.metric, needs.evaluations(4))
    doubt: ClassVar = "A second seed that is flat at the end."
    bad: ClassVar = {
        "rises by 0.05 in every epoch": run_example(f1=(0.3, 0.38, 0.45, 0.51, 0.56, 0.61)),
    }
    good: ClassVar = {
        "best at the end, but flat": run_example(f1=(0.3, 0.7, 0.75, 0.755, 0.757, 0.758)),
        "three epochs show no trend": run_example(f1=(0.3, 0.5, 0.6)),
        "noise": run_example(f1=(0.7, 0.68, 0.71, 0.69, 0.7, 0.72)),
    }

    window: int = 8
    """Evaluations at the end that are tested for a trend."""

    large_gain: float = 0.05
    """Gain over the last third of the run from which a warning is due, in score. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a last epoch that is the best, at the end of a rise beyond noise."""
        share = series.plan_share(run)
        if share is not None and share < 0.95:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        points = series.scores(run)
        sign = 1 if run.higher_is_better else -1
        values = [sign * point.value for point in points]
        if len(values) < statistics.FEWEST_FOR_A_TREND or max(values) > values[-1]:
            return []
        p = statistics.rising_p(values[-self.window :])
        third = max(1, len(values) // 3)
        gain, noise = values[-1] - values[-1 - third], series.noise_band(run)
        if p >= 0.05 or gain <= noise:
            return []
        return [self._finding(run, points, gain=gain, noise=noise, p=p)]

    def _finding(
        self,
        run: RunHistory,
        points: Sequence[series.Point],
        *,
        gain: float,
        noise: float,
        p: float,
    ) -> Finding:
        only_loss = run.monitor == "loss"  # pretraining falls for as long as anybody pays
        start, last = points[-1 - max(1, len(points) // 3)], points[-1]
        more = fixes.longer(
            run,
            1.5 * last.epoch,
            text="Train longer.",
            how="half as many epochs again, schedule stretched with them",
        )
        return self.finding(
            f"{series.score_label(run)} is best at the last epoch ({last.value:.3f} at epoch "
            f"{last.epoch:g}) and gained {gain:.3f} since epoch {start.epoch:g}, "
            f"more than its noise of {noise:.3f} (p = {p:.2g}).",
            evidence=[
                Evidence(label="late gain", value=gain, epochs=(start.epoch, last.epoch)),
                Evidence(label="noise", value=noise),
                Evidence(label="p", value=p),
            ],
            fixes=more,
            severity=Severity.WARNING
            if gain > self.large_gain and not only_loss
            else Severity.INFO,
        )
