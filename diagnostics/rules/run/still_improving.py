"""Rule R105: the score still rises at the end of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["StillImproving"]

_LONGER = 0.5
"""Share of the epochs that is proposed on top of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillImproving(Rule[RunHistory]):
    """The score still rises when the run ends: more epochs would help.

    Why it matters: the run was cut off while it gained; the points left over are the cheapest ones
    there are.

    What to change: half as many epochs again. The learning-rate schedule stretches with them, so
    train anew instead of adding epochs at a learning rate of zero.

    Source: the best epoch is the last in 34 % of public runs, most of them flat there. So the rise
    of the last evaluations must be a trend (exact Mann-Kendall, p < 0.05) and larger than noise; a
    warning is due where it is large, and the proposed epochs would gain as much at the last slope.
    Two or three evaluations show no trend; a large last gain is then told as no more than a remark.
    """

    id: ClassVar = "R105"
    name: ClassVar = "still-improving"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.metric, needs.evaluations(2))
    doubt: ClassVar = "A second seed that is flat at the end."
    bad: ClassVar = {
        "rises by 0.05 in every epoch": run_example(f1=(0.3, 0.38, 0.45, 0.51, 0.56, 0.61)),
        "three epochs, and 0.1 in the last": run_example(f1=(0.3, 0.5, 0.6)),
    }
    good: ClassVar = {
        "best at the end, but flat": run_example(f1=(0.3, 0.7, 0.75, 0.755, 0.757, 0.758)),
        "three epochs, flat in the last": run_example(f1=(0.3, 0.7, 0.72)),
        "the last ties with an earlier one": run_example(f1=(0.3, 0.4, 0.6, 0.5, 0.6)),
        "noise": run_example(f1=(0.7, 0.68, 0.71, 0.69, 0.7, 0.72)),
    }

    window: int = 8
    """Evaluations at the end that are tested for a trend."""

    large_gain: float = 0.05
    """Gain over the last third of the run from which a warning is due, in score. Judgement."""

    above_noise: float = 1.5
    """Times the noise that such a gain must exceed: the difference of two scores is noisier, by
    the root of 2, than each of them."""

    known_loss: float = 0.02
    """Training loss per word below which the sentences are known by heart: what the score still
    gains then is luck, or the learning rate that goes to 0."""

    clear_gain: float = 2.0
    """Times the noise that the last gain must reach where there are too few evaluations to test."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a last epoch that is the best, at the end of a rise beyond noise."""
        share = series.plan_share(run)
        if share is not None and share < 0.9:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        points = series.scores(run)
        sign = 1 if run.higher_is_better else -1
        values = [sign * point.value for point in points]
        # Of equal scores the first is the best, here as in the charts.
        if len(values) < 2 or max(values[:-1]) >= values[-1]:
            return []
        if len(values) < statistics.FEWEST_FOR_A_TREND:
            return self._few(run, points, gain=values[-1] - values[-2])
        p = statistics.rising_p(values[-self.window :])
        third = max(1, len(values) // 3)
        gain, noise = values[-1] - values[-1 - third], score_noise.noise_band(run)
        if p >= 0.05 or gain <= noise:
            return []
        return [self._finding(run, points, gain=gain, noise=noise, p=p)]

    def _few(
        self, run: RunHistory, points: Sequence[series.Point], *, gain: float
    ) -> list[Finding]:
        """Tell of a large last gain that too few evaluations precede to call it a trend."""
        noise = score_noise.noise_band(run)
        if gain <= self.clear_gain * noise:
            return []
        before, last = points[-2:]
        message = (
            f"{series.score_label(run)} goes from {before.value:.3f} to {last.value:.3f} in the "
            f"last of {len(points)} evaluations. That shows no trend, but the run may have ended "
            "while it gained."
        )
        evidence = [
            Evidence(label="last gain", value=gain, epochs=(before.epoch, last.epoch)),
            Evidence(label="noise", value=noise),
        ]
        return [
            self.finding(
                message,
                evidence=evidence,
                fixes=_longer(run, last.epoch),
                severity=Severity.INFO,
                tier=Tier.HEURISTIC,
            )
        ]

    def _finding(
        self,
        run: RunHistory,
        points: Sequence[series.Point],
        *,
        gain: float,
        noise: float,
        p: float,
    ) -> Finding:
        values = [point.value for point in points]
        large = score_noise.noise_is_known(run) and abs(_steady_gain(values)) > max(
            self.large_gain * series.scale(run), self.above_noise * noise
        )
        large = large and self._would_gain(run, points) and not self._by_heart(run)
        only_loss = run.monitor == "loss"  # pretraining falls for as long as anybody pays
        start, last = points[-1 - max(1, len(points) // 3)], points[-1]
        return self.finding(
            f"{series.score_label(run)} is best at the last epoch ({last.value:.3f} at epoch "
            f"{last.epoch:g}) and gained {gain:.3f} since epoch {start.epoch:g}, "
            f"more than its noise of {noise:.3f} (p = {p:.2g}).",
            evidence=[
                Evidence(label="late gain", value=gain, epochs=(start.epoch, last.epoch)),
                Evidence(label="noise", value=noise),
                Evidence(label="p", value=p),
            ],
            fixes=_longer(run, last.epoch),
            severity=Severity.WARNING if large and not only_loss else Severity.INFO,
        )

    def _would_gain(self, run: RunHistory, points: Sequence[series.Point]) -> bool:
        """Whether half as many epochs again would gain as much, at the slope of the end."""
        before, last = points[-3], points[-1]
        slope = abs(last.value - before.value) / max(1e-9, last.epoch - before.epoch)
        return slope * _LONGER * last.epoch > self.large_gain * series.scale(run)

    def _by_heart(self, run: RunHistory) -> bool:
        """Whether the training sentences have nothing left to teach."""
        losses = series.train_losses(run)
        return bool(losses) and 0 <= losses[-1].value < self.known_loss


def _steady_gain(values: Sequence[float]) -> float:
    """Return the gain over the last third between means of neighbours, which luck moves less."""
    third = max(1, len(values) // 3)
    ends = values[-2:] if third > 1 else values[-1:]
    start = len(values) - 1 - third
    return fmean(ends) - median(values[start - 1 : start + 2])


def _longer(run: RunHistory, last: float) -> list[Fix]:
    how = "half as many epochs again, schedule stretched with them"
    new = fixes.longer(run, (1 + _LONGER) * last, text="Train longer.", how=how)
    return new or [Fix(text="Train to the end of the plan, or longer.")]
