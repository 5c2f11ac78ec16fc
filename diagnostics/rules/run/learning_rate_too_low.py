"""Rule R103: steps so small that the run ends long before the loss flattens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, reference_values, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LearningRateTooLow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRateTooLow(Rule[RunHistory]):
    """The learning rate is too low: the loss still falls steadily when the run ends.

    Why it matters: every epoch is paid for, and each moves the weights a fraction of what it
    could. The run looks healthy, only its score stays behind.

    What to change: three times the learning rate, at least the low end of what is usual for the
    encoder. More epochs reach the same place at a higher price.

    Source: usual ranges from the recipes of the models' authors; a MiniLM run at 2e-6, a hundredth
    of its usual rate, ended at F1 0.10 with its evaluation loss still falling.
    """

    id: ClassVar = "R103"
    name: ClassVar = "learning-rate-too-low"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.learning_rate, needs.losses, needs.evaluations(4))
    explains: ClassVar = (
        "R104",
        "R105",
        "R205",
        "R301",
        "R302",
        "R303",
        "R304",
        "R308",
    )
    doubt: ClassVar = "Adapters and frozen encoders have other usual ranges, ten times higher."
    bad: ClassVar = {
        "a hundredth of the usual rate": run_example(
            train_loss=(2.1, 2.0, 1.9, 1.8, 1.7, 1.6),
            f1=(0, 0, 0.02, 0.05, 0.08, 0.1),
            learning_rate=1e-6,
        ),
    }
    good: ClassVar = {
        "low, yet flat at the end": run_example(
            train_loss=(0.9, 0.3, 0.2, 0.18, 0.178, 0.177),
            f1=(0.3, 0.8, 0.85, 0.86, 0.86, 0.86),
            learning_rate=2e-6,
        ),
        "still falling at a usual rate": run_example(
            train_loss=(2.1, 2.0, 1.9, 1.8, 1.7, 1.6),
            f1=(0, 0, 0.1, 0.2, 0.3, 0.4),
            learning_rate=3e-5,
        ),
    }

    below_usual: float = 3.0
    """How many times below the usual range the rate must lie. Judgement; a weak prior."""

    late_slope: float = 0.3
    """Slope of the last quarter as a share of the mean slope, above which the loss still falls."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for an unusually low rate under a loss that falls to the end."""
        rate = series.number(run.config.get("learning_rate"))
        usual = reference_values.learning_rate_range(run)
        if rate is None or rate * self.below_usual > usual.low:
            return []
        points = series.train_losses(run)
        if len(points) < statistics.FEWEST_FOR_A_TREND:
            points = series.eval_losses(run)
        if len(points) < statistics.FEWEST_FOR_A_TREND:
            return NotApplicable(reason="fewer than 4 losses show no trend")
        values = [point.value for point in points]
        if statistics.falling_p(values) >= 0.05 or not self._falls_late(values):
            return []
        message = (
            f"At a learning rate of {rate:g} the loss still falls steadily at the end "
            f"({values[0]:.3g} at epoch {points[0].epoch:g}, {values[-1]:.3g} at epoch "
            f"{points[-1].epoch:g}); usual is {usual.low:g} to {usual.high:g}."
        )
        return [
            self.finding(
                message,
                evidence=[
                    Evidence(label="learning rate", value=rate),
                    Evidence(label="p of a falling loss", value=statistics.falling_p(values)),
                ],
                fixes=fixes.raise_learning_rate(run, 3),
            )
        ]

    def _falls_late(self, values: Sequence[float]) -> bool:
        quarter = max(2, len(values) // 4)
        mean_slope = (values[0] - values[-1]) / (len(values) - 1)
        return (values[-1 - quarter] - values[-1]) / quarter >= self.late_slope * mean_slope > 0
