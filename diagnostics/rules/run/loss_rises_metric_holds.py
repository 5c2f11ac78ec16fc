"""Rule R202: the evaluation loss rises while the score holds, which is no overfitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LossRisesMetricHolds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRisesMetricHolds(Rule[RunHistory]):
    """The evaluation loss rises while the score holds: overconfidence, not overfitting.

    Why it matters: the model grows surer of the same answers, right and wrong, so the loss counts
    its few mistakes ever more heavily. The entities it finds are as good as before. Choosing the
    epoch by the loss would throw a good model away.

    What to change: choose the best epoch by F1. Only where the probabilities themselves are used
    (thresholds, ranking) smooth the labels or calibrate them afterwards.

    Source: the case that log checkers call overfitting: 10 to 19 false warnings on 23 public runs
    whose F1 did not fall.
    """

    id: ClassVar = "R202"
    name: ClassVar = "loss-rises-metric-holds"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.evaluations(3))
    doubt: ClassVar = "A score that falls in later epochs."
    bad: ClassVar = {
        "best at the end, below it in between": run_example(
            accuracy=(0.8586, 0.845, 0.8392, 0.8652), eval_loss=(0.336, 0.414, 0.454, 0.5)
        ),
        "the loss doubles, F1 stays": run_example(
            f1=(0.6, 0.72, 0.73, 0.72, 0.73, 0.73), eval_loss=(0.5, 0.4, 0.5, 0.6, 0.7, 0.8)
        ),
        "by a third in the last of three epochs": run_example(
            f1=(0.85, 0.86, 0.86), eval_loss=(0.32, 0.32, 0.44)
        ),
    }
    good: ClassVar = {
        "both fine": run_example(f1=(0.6, 0.7, 0.75, 0.76), eval_loss=(0.5, 0.4, 0.35, 0.35)),
        "F1 falls too": run_example(
            f1=(0.6, 0.75, 0.6, 0.5, 0.45, 0.4), eval_loss=(0.5, 0.4, 0.5, 0.6, 0.7, 0.8)
        ),
        "F1 falls from its best to where the loss was lowest": run_example(
            f1=(0.7, 0.8, 0.78, 0.74, 0.71, 0.7), eval_loss=(0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
        ),
        "all-O: there is no score to hold": run_example(f1=(0, 0, 0, 0), eval_loss=(1, 2, 3, 4)),
    }

    rise: float = 0.05
    """Rise of the evaluation loss over its minimum that is worth a line, as a share of it."""

    clear_rise: float = 0.2
    """The same where three evaluations are all there is, which show no trend. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look for a loss above its minimum under a score at its best."""
        losses, best = series.eval_losses(run), series.best_point(run)
        if len(losses) < 2 or best is None or (run.higher_is_better and best.value < 0.05):
            return []
        lowest, last = min(losses, key=lambda point: point.value), losses[-1]
        few = len(losses) < statistics.FEWEST_FOR_A_TREND
        rise = self.clear_rise if few else self.rise
        if lowest.value <= 0 or last.value <= (1 + rise) * lowest.value:
            return []
        # Compared is the epoch that the loss would choose; the best one was chosen for its luck.
        scores = series.scores(run)
        chosen = next((point for point in scores if point.epoch == lowest.epoch), None)
        if chosen is None or not _holds(run, best, scores):
            return []
        label, end = series.score_label(run), scores[-1]
        message = (
            f"The evaluation loss rises from {lowest.value:.3g} at epoch "
            f"{round(lowest.epoch, 2):g} to {last.value:.3g}, while {label} holds "
            f"({chosen.value:.3f} there, {end.value:.3f} at the end): the model grows "
            "overconfident, not worse."
        )
        return [
            self.finding(
                message,
                evidence=[
                    Evidence(label="lowest loss", value=lowest.value, epochs=(lowest.epoch,)),
                    Evidence(label="last loss", value=last.value, epochs=(last.epoch,)),
                    Evidence(
                        label="score at the lowest loss", value=chosen.value, epochs=(chosen.epoch,)
                    ),
                    Evidence(label="last score", value=end.value, epochs=(end.epoch,)),
                ],
                fixes=_fixes(run),
                tier=Tier.HEURISTIC if few else Tier.STATISTICAL,
            )
        ]


def _holds(run: RunHistory, best: series.Point, scores: Sequence[series.Point]) -> bool:
    """Whether the score ends at its best, or within noise of it by its last and last three values.

    Beyond that other rules call it a fall, or the last weights the worse ones.
    """
    if scores[-1].value == best.value:
        return True
    ends = (scores[-1].value, series.end_score(scores))
    sign = 1 if run.higher_is_better else -1
    return max(sign * (best.value - end) for end in ends) <= score_noise.noise_band(run)


def _fixes(run: RunHistory) -> list[Fix]:
    chosen = run.config.get("metric_for_best_model")
    by_score = Fix(
        text="Choose the best epoch by the score; nothing else needs to change.",
        parameter="metric_for_best_model",
        old=chosen if isinstance(chosen, str) else None,
        new=fixes.logged_name(run),
        how="the score is what is wanted",
    )
    smoothing = series.number(run.config.get("label_smoothing"))
    smooth = Fix(
        text="Only if the probabilities themselves are used, smooth the labels.",
        parameter="label_smoothing",
        old=smoothing,
        new=0.1,
        how="the usual value",
    )
    nothing = Fix(text="Nothing: the best epoch is chosen by the score already.")
    first = nothing if chosen in (run.monitor, fixes.logged_name(run)) else by_score
    return [first] if smoothing else [first, smooth]
