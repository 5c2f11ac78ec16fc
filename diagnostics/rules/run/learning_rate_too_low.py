"""Rule R103: steps so small that the run ends long before the loss flattens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, reference_values, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.tuned import is_plain_sgd, optimizer_of
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LearningRateTooLow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRateTooLow(Rule[RunHistory]):
    """The learning rate is too low: the loss falls too slowly, and still does when the run ends.

    Why it matters: every epoch is paid for, and each moves the weights a fraction of what it
    could. The run looks healthy, only its score stays behind.

    What to change: three times the learning rate, at least the low end of what is usual for the
    encoder. More epochs reach the same place at a higher price. Plain SGD at a rate for Adam wants
    another optimizer: its steps are as small as the gradient.

    Source: usual ranges from the recipes of the models' authors; a MiniLM run at 2e-6, a hundredth
    of its usual rate, ended at F1 0.10 with its evaluation loss still falling. Fine-tuning by SGD
    takes rates of 0.01 to 0.1 (flair's default is 0.1).
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
        "SGD at a rate for Adam": run_example(
            train_loss=(2.19, 2.18, 2.17, 2.16, 2.15, 2.14),
            f1=(0.03, 0.04, 0.04, 0.04, 0.04, 0.04),
            learning_rate=3e-4,
            optim="sgd",
        ),
    }
    good: ClassVar = {
        "SGD at a rate for Adam, which learned all the same": run_example(
            train_loss=(2.1, 1.2, 0.7, 0.4, 0.3, 0.2),
            f1=(0.3, 0.5, 0.6, 0.65, 0.68, 0.7),
            learning_rate=5e-4,
            optim="sgd",
        ),
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

    lowest_of_sgd: float = 1e-3
    """Learning rate of plain SGD below which an encoder hardly moves: a tenth of what is usual."""

    kept: float = 0.5
    """Share of its first value that the training loss must keep under such a rate. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for an unusually low rate under a loss that falls to the end, or hardly falls."""
        rate = series.number(run.config.get("learning_rate"))
        usual = reference_values.learning_rate_range(run)
        if rate is not None and 0 < rate < self.lowest_of_sgd and is_plain_sgd(run):
            return self._of_sgd(run, rate)
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

    def _of_sgd(self, run: RunHistory, rate: float) -> list[Finding]:
        """Tell of an optimizer and a rate that do not go together, where little was learned."""
        losses = [point.value for point in series.train_losses(run) or series.eval_losses(run)]
        share = series.plan_share(run)
        if share is not None and share < 0.5:
            return []
        if len(losses) < statistics.FEWEST_FOR_A_TREND or min(losses) <= self.kept * losses[0]:
            return []
        return [
            self.finding(
                f"Plain SGD at a learning rate of {rate:g}, which is one for Adam: the loss only "
                f"goes from {losses[0]:.3g} to {losses[-1]:.3g}. SGD steps by the gradient times "
                "the rate, and usually takes 0.01 to 0.1.",
                evidence=[
                    Evidence(label="learning rate", value=rate),
                    Evidence(label="share of the loss that is left", value=losses[-1] / losses[0]),
                ],
                fixes=_for_sgd(run, rate),
            )
        ]

    def _falls_late(self, values: Sequence[float]) -> bool:
        quarter = max(2, len(values) // 4)
        mean_slope = (values[0] - values[-1]) / (len(values) - 1)
        return (values[-1 - quarter] - values[-1]) / quarter >= self.late_slope * mean_slope > 0


def _for_sgd(run: RunHistory, rate: float) -> list[Fix]:
    """Propose Adam where the rate suits it, else a rate that suits SGD."""
    usual = reference_values.learning_rate_range(run)
    faster = Fix(
        text="Raise the learning rate to one for SGD.",
        parameter="learning_rate",
        old=rate,
        new=0.05,
        how="within 0.01 to 0.1, which is usual with SGD",
    )
    if not usual.low / 3 <= rate <= usual.high * 3:
        return [faster]
    adam = Fix(
        text="Train by AdamW, whose steps do not shrink with the gradient.",
        parameter="optim",
        old=optimizer_of(run),
        new="adamw_torch",
        how=f"at {rate:g}, within or near {usual.low:g} to {usual.high:g}, which is usual with it",
    )
    return [adam, faster]
