"""Rule R201: the score itself falls after its best epoch, beyond noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.fixes import rounded
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["OverfitsMetric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverfitsMetric(Rule[RunHistory]):
    """The model overfits: its score on unseen data falls after the best epoch.

    Why it matters: the last epoch is worse than one that was already there. Weights saved at the
    end throw that difference away.

    What to change: keep the best epoch; train 1.2 times as long as to it; then regularise (weight
    decay 0.1, dropout 0.2) or add data.

    Source: in 24 of 32 public runs whose evaluation loss rose by more than 5 %, F1 was no lower
    than at the loss's minimum, so the loss is no evidence here. The score must fall by more than
    its noise, and by trend (exact Mann-Kendall, p < 0.05) or by two standard errors of the split
    beyond what the best of so many scores owes to luck.
    """

    id: ClassVar = "R201"
    name: ClassVar = "overfits-metric"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.evaluations(4))
    explains: ClassVar = ("R106", "R202", "R204", "R206")
    doubt: ClassVar = "The best epoch is chosen for its luck, too; a second seed tells."
    bad: ClassVar = {
        "F1 falls steadily after epoch 2": run_example(
            f1=(0.6, 0.72, 0.7, 0.67, 0.65, 0.62, 0.6),
            eval_loss=(0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        ),
        "a collapse to a third in three evaluations": run_example(
            train_loss=(0.111, 0.15, 0.103, 0.087, 0.057), accuracy=(0.92, 0.94, 0.31, 0.3, 0.34)
        ),
    }
    good: ClassVar = {
        "one entity of a tiny split": run_example(
            f1=(0.5, 0.78, 0.9412, 0.9412, 0.9412, 0.875, 0.875, 0.875)
        ),
        "the evaluation loss alone rises": run_example(
            f1=(0.6, 0.72, 0.73, 0.72, 0.73, 0.73), eval_loss=(0.5, 0.4, 0.5, 0.6, 0.7, 0.8)
        ),
        "the last epoch of three is lower": run_example(f1=(0.6, 0.72, 0.68)),
        "noise of a small development split": run_example(
            f1=(0.6, 0.72, 0.68, 0.71, 0.69, 0.7), dataset={"dev_entities": 43}
        ),
    }

    after_best: int = 3
    """Evaluations that must follow the best one: the last of them are compared with it."""

    unknown_error: float = 0.08
    """Standard error assumed where the size of the split is unknown: that of 100 entities."""

    small_drop: float = 0.02
    """Drop of the score that is real but too small for a warning, in score. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look for a score that ends clearly below its best."""
        points, best = series.scores(run), series.best_point(run)
        after = [] if best is None else [point for point in points if point.epoch > best.epoch]
        if best is None or len(after) < self.after_best:
            return []
        sign = 1 if run.higher_is_better else -1
        drop = sign * (best.value - series.end_score(points))
        noise = score_noise.noise_band(run)
        if drop <= noise:
            return []
        p = statistics.falling_p([sign * point.value for point in after])
        # A fall in a single step is one wrong entity of a tiny split, however long it stays.
        trend = p < 0.05 and len({point.value for point in after}) >= 3
        # Without a trend the fall must also exceed what the best of so many scores owes to luck.
        error = self._error(run, series.end_score(points))
        luck = statistics.expected_maximum(len(points)) * error
        if not trend and drop - luck <= 2 * error:
            return []
        verb = "falls" if sign > 0 else "rises"
        message = (
            f"{series.score_label(run)} {verb} from {best.value:.3f} at epoch "
            f"{round(best.epoch, 2):g} to {series.end_score(points):.3f} at the end (median of "
            f"the last 3), more than its noise of {noise:.3f}."
            + " On so few cases that may be chance."
            * score_noise.may_be_chance(run, drop)
        )
        # The best of several epochs is partly luck: one sigma of its lead is not counted.
        certain = drop - noise / 2
        small = self.small_drop * series.scale(run)
        grave = certain > small and not score_noise.may_be_chance(run, drop)
        severity = Severity.WARNING if grave else Severity.INFO
        fixes_ = _fixes(run, best.epoch)
        evidence = _evidence(points, best, noise, p if trend else None)
        return [self.finding(message, evidence=evidence, fixes=fixes_, severity=severity)]

    def _error(self, run: RunHistory, score: float) -> float:
        error = score_noise.score_error(run, score)
        return self.unknown_error * series.scale(run) if error is None else error


def _evidence(
    points: Sequence[series.Point], best: series.Point, noise: float, p: float | None
) -> list[Evidence]:
    """Return the figures; `p` is that of the trend, None where the size of the fall decided."""
    return [
        Evidence(label="best score", value=best.value, epochs=(best.epoch,)),
        Evidence(
            label="score at the end (median of 3)",
            value=series.end_score(points),
            epochs=tuple(point.epoch for point in points[-3:]),
        ),
        Evidence(label="noise", value=noise),
        *([] if p is None else [Evidence(label="p of the fall", value=p)]),
    ]


def _fixes(run: RunHistory, best_epoch: float) -> list[Fix]:
    how = f"1.2 x the best epoch ({round(best_epoch, 2):g})"
    shorter = fixes.shorter(run, 1.2 * best_epoch, text="Train shorter.", how=how)
    decay = series.number(run.config.get("weight_decay"))
    stronger = max(0.1, rounded(2 * decay)) if decay is not None else 0.1
    regularise = Fix(
        text="Regularise more.",
        parameter="weight_decay",
        old=decay,
        new=stronger,
        how="twice the present, at least 0.1",
    )
    return [*fixes.keep_best_epoch(run), *shorter, regularise]
