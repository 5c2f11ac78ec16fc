"""Rule R106: the score was reached early and the rest of the run added less than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.plateaus import plateau_start
from diagnostics.subjects.run_history import RunHistory

__all__ = ["WastedEpochs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WastedEpochs(Rule[RunHistory]):
    """Most of the epochs added less than noise: the score was there in the first half.

    Why it matters: time and energy, and in a search the number of settings that can be tried.

    What to change: 1.3 times the epoch at which the score came within noise of its best. The
    schedule then decays earlier, which usually keeps the score.

    Source: Google's Deep Learning Tuning Playbook: a best step in the first 10 % means too many
    steps; here the first half, measured against the noise of the score. A score that creeps up
    steadily (exact Mann-Kendall, p < 0.05), is best at the end, or stands over an evaluation loss
    that falls has wasted nothing.
    """

    id: ClassVar = "R106"
    name: ClassVar = "wasted-epochs"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.HEURISTIC
    needs: ClassVar = (needs.task_metric, needs.evaluations(6))
    doubt: ClassVar = "A shorter run that scores lower: the long decay was needed after all."
    bad: ClassVar = {
        "there at epoch 3 of 12": run_example(
            f1=(0.5, 0.7, 0.8, 0.8, 0.802, 0.799, 0.801, 0.8, 0.802, 0.8, 0.801, 0.8)
        ),
    }
    good: ClassVar = {
        "still gaining in the second half": run_example(
            f1=(0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.83)
        ),
        "creeping up within its noise": run_example(
            f1=(0.9, 0.901, 0.902, 0.903, 0.904, 0.905, 0.906, 0.907, 0.908, 0.909)
        ),
        "never above zero": run_example(f1=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    }

    first_share: float = 0.5
    """Share of the epochs by which the score must have been reached, from 0 to 1."""

    widest_noise: float = 0.05
    """Noise of the score beyond which nothing can be said about small gains, in score."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for an early epoch within noise of the best."""
        if run.config.get("schedule") == "trunk":
            return NotApplicable(reason="one training that answers for all epoch counts needs them")
        points, best = series.scores(run), series.best_point(run)
        noise = score_noise.noise_band(run)
        if noise > self.widest_noise:
            return NotApplicable(reason=f"the score's noise of {noise:.2f} would hide small gains")
        if best is None or (run.higher_is_better and best.value < 0.1):
            return []
        reached = plateau_start(run, first_share=self.first_share)
        if reached is None:
            return []
        there, rest = round(reached.epoch, 2), round(points[-1].epoch - reached.epoch, 1)
        shorter = fixes.shorter(
            run, 1.3 * reached.epoch, text="Train shorter.", how=f"1.3 x {there:g} epochs"
        )
        if not shorter:
            return []
        return [
            self.finding(
                f"{series.score_label(run)} is {reached.value:.3f} at epoch {there:g} and at best "
                f"{best.value:.3f}: the {rest:g} epochs after it {_gained(run, best, noise)}.",
                evidence=[
                    Evidence(label="score reached", value=reached.value, epochs=(reached.epoch,)),
                    Evidence(label="best score", value=best.value, epochs=(best.epoch,)),
                ],
                fixes=shorter,
            )
        ]


def _gained(run: RunHistory, best: series.Point, noise: float) -> str:
    """Return what the later epochs did to the score, as what follows "the epochs after it"."""
    end = series.end_score(series.scores(run))
    lost = (1 if run.higher_is_better else -1) * (best.value - end)
    if lost > noise:
        return f"did harm: it ends at {end:.3f} (median of the last 3)"
    return f"added less than its noise of {noise:.3f}"
