"""Rule R104: neither loss nor score moved over a training that was long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["NotLearning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLearning(Rule[RunHistory]):
    """The run does not learn: no improvement over several epochs, in any series.

    Why it matters: the model ends as it began. More of the same changes nothing.

    What to change: first the data, because a usual learning rate always learns *something*: train
    on 32 sentences until they are known by heart (F1 above 0.9). If that fails, labels and tokens
    do not belong together, or the weights are frozen; if it works, raise the learning rate.

    Source: AUTOTRAINER and SageMaker Debugger call a loss stuck when it gains less than 1 to 2 %;
    here it must also stay within its own noise, and short runs are not judged at all.
    """

    id: ClassVar = "R104"
    name: ClassVar = "not-learning"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.steps, needs.losses, needs.evaluations(4))
    explains: ClassVar = ("R106", "R301", "R302", "R303")
    doubt: ClassVar = "A warm-up that is still running, or a model that was trained before."
    bad: ClassVar = {
        "the loss of guessing among four, for six epochs": run_example(
            train_loss=(1.39, 1.387, 1.388, 1.386, 1.389, 1.387),
            eval_loss=(1.386, 1.387, 1.386, 1.386, 1.387, 1.386),
            accuracy=(0.25, 0.26, 0.24, 0.25, 0.26, 0.25),
            learning_rate=2e-5,
        ),
    }
    good: ClassVar = {
        "slow start: F1 is 0 while the loss falls": run_example(
            train_loss=(1.9, 1.4, 1.1, 0.8), eval_loss=(1.5, 1.2, 1.0, 0.7), f1=(0, 0, 0, 0.1)
        ),
        "39 steps are too few to say": run_example(
            eval_loss=(1.39, 1.38, 1.39, 1.38), f1=(0, 0, 0, 0), steps_per_epoch=10
        ),
        "converged before the first evaluation": run_example(
            train_loss=(0.1, 0.1, 0.1, 0.1), eval_loss=(0.2, 0.2, 0.2, 0.2), f1=(0.9, 0.9, 0.9, 0.9)
        ),
        "a high but useful loss, as label smoothing gives": run_example(
            eval_loss=(0.81, 0.8, 0.8, 0.8), f1=(0.92, 0.93, 0.93, 0.93)
        ),
    }

    least_steps: int = 100
    """Optimizer steps below which standing still is normal, in steps. Three usual warm-ups."""

    least_gain: float = 0.02
    """Gain over the whole run below which a loss has not moved, as a share of its first value."""

    learned: float = 0.6
    """Score (F1 or accuracy) from which a flat run may simply have converged early. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a run in which every series stays where it began."""
        steps = series.total_steps(run) or 0
        if steps < self.least_steps:
            return NotApplicable(
                reason=f"{steps} steps are too few; standing still is normal below 100"
            )
        tracks = [
            [point.value for point in track]
            for track in (series.train_losses(run), series.eval_losses(run))
            if len(track) >= statistics.FEWEST_FOR_A_TREND
        ]
        if not tracks:
            return NotApplicable(reason="fewer than 4 losses show no trend")
        if not all(self._flat(track) for track in tracks) or self._score_moved(run):
            return []
        return [self._finding(run, tracks[0], steps)]

    def _flat(self, values: Sequence[float]) -> bool:
        gain = -statistics.theil_sen_slope(values) * (len(values) - 1)
        noise = 2 * (statistics.jitter(values) or 0.0)
        still = min(values) > 0.9 * values[0] > 0  # the slope of a valley is nought, too
        return still and gain < max(self.least_gain * values[0], min(noise, 0.1 * values[0]))

    def _score_moved(self, run: RunHistory) -> bool:
        """Whether the score rose beyond noise, or is high enough to have converged early."""
        points = [] if run.monitor == "loss" else list(series.scores(run))
        if not points or not run.higher_is_better:
            return False
        values = [point.value for point in points]
        gain = statistics.theil_sen_slope(values) * (len(values) - 1)
        return gain > series.noise_band(run) or max(values) >= self.learned

    def _finding(self, run: RunHistory, losses: Sequence[float], steps: int) -> Finding:
        probe = Fix(
            text="Train on 32 sentences only: they must be learned by heart (F1 above 0.9).",
            parameter="train_sentences",
            old=series.whole(run.dataset.get("train_sentences")),
            new=32,
            how="a probe: if it fails, labels, alignment or frozen weights are at fault",
        )
        return self.finding(
            f"Over {steps} steps and {len(losses)} points the loss stays at {losses[0]:.3g} to "
            f"{losses[-1]:.3g} and the score does not rise.",
            evidence=[
                Evidence(label="first loss", value=losses[0]),
                Evidence(label="last loss", value=losses[-1]),
                Evidence(label="steps", value=steps),
            ],
            fixes=[probe, *fixes.raise_learning_rate(run, 3)],
        )
