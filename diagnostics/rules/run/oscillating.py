"""Rule R107: the score swings up and down from evaluation to evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, fluctuations, needs, score_noise, series, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Oscillating"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Oscillating(Rule[RunHistory]):
    """The score oscillates: it swings up and down by more than its noise.

    Why it matters: each step overshoots the minimum to the other side, so the model that the run
    happens to end with is a matter of luck, and so is the epoch that looks best.

    What to change: half the learning rate; where an epoch has fewer than 20 steps also twice the
    batch, so that each step averages over more sentences.

    Source: AUTOTRAINER calls swings of 0.03 in 20 % of the epochs an oscillation. Here each swing
    must exceed four standard errors of the development split, or the turning points must be more
    than chance makes (exact test, p < 0.05, possible from 9 evaluations).
    """

    id: ClassVar = "R107"
    name: ClassVar = "oscillating"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.evaluations(6))
    explains: ClassVar = ("R201", "R206")
    doubt: ClassVar = "A larger development split on which the score is steady."
    bad: ClassVar = {
        "0.3 up and down on 2,000 entities": run_example(
            f1=(0.4, 0.7, 0.42, 0.72, 0.4, 0.69, 0.45, 0.7),
            dataset={"dev_entities": 2000},
            learning_rate=2e-4,
        ),
        "up and down in turn, ten times": run_example(
            f1=(0.4, 0.7, 0.42, 0.72, 0.4, 0.69, 0.45, 0.7, 0.41, 0.71), learning_rate=2e-4
        ),
    }
    good: ClassVar = {
        "the noise of 43 entities": run_example(
            f1=(0.5, 0.7, 0.6, 0.72, 0.62, 0.71, 0.6, 0.7), dataset={"dev_entities": 43}
        ),
        "one setback": run_example(
            f1=(0.4, 0.6, 0.5, 0.7, 0.75, 0.77, 0.78, 0.78), dataset={"dev_entities": 2000}
        ),
        "jitter of a converged run": run_example(
            f1=(0.9, 0.91, 0.905, 0.912, 0.904, 0.911, 0.906, 0.91, 0.905, 0.912)
        ),
    }

    least_swing: float = 0.05
    """Swing that counts at least, in score. Above AUTOTRAINER's 0.03; judgement."""

    errors_per_swing: float = 4.0
    """Standard errors of the split that a swing must exceed: its ends are the extremes of several
    scores, which lie 2 to 3 errors apart by chance."""

    least_reversals: int = 3
    """Times the score must turn round by more than a swing, where its error is known."""

    least_share: float = 0.2
    """Share of the evaluations at which the score must turn round, from AUTOTRAINER."""

    short_epoch: int = 20
    """Steps per epoch below which a larger batch is proposed, too."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Count swings beyond the error of the split, or turning points beyond chance."""
        best = series.best_point(run)
        if best is None or not series.share_metric(run) or not 0 <= best.value <= 1:
            return NotApplicable(reason="the score is no share, so no swing can be called large")
        values = [point.value for point in series.scores(run)]
        error = score_noise.score_error(run, best.value)
        swing = max(self.least_swing, self.errors_per_swing * (error or 0.0))
        turns = fluctuations.reversals(values, swing)
        p = fluctuations.turning_points_p(values)
        if turns < max(self.least_reversals, self.least_share * len(values)):
            return []
        return [self._finding(run, values, turns=turns, swing=swing, p=p, known=error is not None)]

    def _finding(
        self,
        run: RunHistory,
        values: Sequence[float],
        *,
        turns: int,
        swing: float,
        p: float,
        known: bool,
    ) -> Finding:
        certain = known or p < 0.05
        reason = (
            "more than its noise: the steps overshoot."
            if certain
            else "which may be the noise of a small development split, whose size is unknown."
        )
        return self.finding(
            f"{series.score_label(run)} turns round {turns} times by more than {swing:.2f} "
            f"(between {min(values):.2f} and {max(values):.2f} in {len(values)} evaluations), "
            f"{reason}",
            evidence=[
                Evidence(label="reversals", value=turns),
                Evidence(label="least swing counted", value=swing),
                Evidence(label="p of the turning points", value=p),
            ],
            fixes=self._fixes(run),
            severity=Severity.WARNING if certain else Severity.INFO,
            tier=Tier.STATISTICAL if certain else Tier.HEURISTIC,
        )

    def _fixes(self, run: RunHistory) -> list[Fix]:
        per_epoch = step_series.steps_per_epoch(run)
        batch = series.whole(run.config.get("batch_size"))
        slower = fixes.lower_learning_rate(run, 2)
        if per_epoch is None or per_epoch >= self.short_epoch or batch is None:
            return [slower]
        larger = Fix(
            text="Average each step over more sentences.",
            parameter="batch_size",
            old=batch,
            new=2 * batch,
            how=f"twice the present: an epoch has only {per_epoch:.0f} steps",
        )
        return [slower, larger]
