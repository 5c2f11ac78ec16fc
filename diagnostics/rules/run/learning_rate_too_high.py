"""Rule R102: steps so large that the training diverges or collapses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from diagnostics import fixes, needs, reference_values, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LearningRateTooHigh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRateTooHigh(Rule[RunHistory]):
    """The learning rate is too high: the training overshoots and diverges or collapses.

    Why it matters: a step that is too long jumps over the minimum and lands where the loss is
    higher. A pretrained encoder thrown far from its weights forgets its language and does not come
    back; often it then predicts the most frequent label everywhere.

    What to change: a third of the learning rate where the run learned something before it fell, a
    tenth where it never did; warm-up over the first tenth of the steps.

    Source: a *training* loss that rises is never overfitting, so the verdict rests on it. Fault
    injection with 7 to 33 times the usual learning rate ended at F1 = 0 in 3 of 3 runs.
    """

    id: ClassVar = "R102"
    name: ClassVar = "learning-rate-too-high"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.losses,)
    explains: ClassVar = (
        "R104", "R106", "R107", "R110", "R201", "R202", "R204", "R205", "R206",
        "R301", "R302", "R303", "R304", "R307", "R308",
    )  # fmt: skip
    doubt: ClassVar = (
        "A cyclic schedule or a resumed run also raises the training loss, for a while."
    )
    bad: ClassVar = {
        "the training loss climbs after epoch 3, F1 falls to zero": run_example(
            train_loss=(0.9, 0.5, 0.4, 0.6, 1.0, 1.3),
            f1=(0.3, 0.55, 0.6, 0.4, 0.1, 0.0),
            learning_rate=5e-4,
        ),
        "never learned at 33 times the usual rate": run_example(
            train_loss=(1.1, 0.9, 0.9, 0.9), f1=(0.0, 0.0, 0.0, 0.0), learning_rate=1e-2
        ),
    }
    good: ClassVar = {
        "overfitting: the training loss keeps falling": run_example(
            train_loss=(0.9, 0.4, 0.2, 0.1, 0.05, 0.02),
            eval_loss=(0.5, 0.4, 0.5, 0.7, 0.8, 0.9),
            f1=(0.5, 0.6, 0.6, 0.55, 0.5, 0.45),
            learning_rate=5e-5,
        ),
        "a noisy end": run_example(
            train_loss=(0.9, 0.4, 0.2, 0.21, 0.19, 0.22), f1=(0.5, 0.6, 0.7, 0.7, 0.71, 0.7)
        ),
        "the training loss falls to the end, whatever the score does": run_example(
            train_loss=(0.111, 0.15, 0.103, 0.087, 0.057), f1=(0.92, 0.94, 0.31, 0.3, 0.34)
        ),
        "memorised: tiny losses that double": run_example(
            train_loss=(0.9, 0.1, 0.001, 0.001, 0.002, 0.003), f1=(0.5, 0.8, 0.8, 0.8, 0.8, 0.8)
        ),
    }

    lost_share: float = 0.25
    """Share of the training loss's progress that is lost again at the end. Judgement."""

    rise: float = 0.2
    """Rise of the training loss over its minimum, as a share of it. Usual in divergence checks."""

    collapse: float = 0.5
    """Share of the best score below which the end counts as a collapse. Judgement."""

    nothing: float = 0.05
    """Score of a model that knows nothing; an error rate is 1 less it."""

    far_above: float = 3.0
    """Factor over the usual range beyond which a run that never learned is blamed on the rate."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a training loss that climbs back, and for rates far beyond what is usual."""
        losses = [point.value for point in series.train_losses(run)]
        if self._never_learned(run):
            return [self._unlearned(run, losses)]
        if len(losses) < statistics.FEWEST_FOR_A_TREND:
            return NotApplicable(reason=f"{len(losses)} training losses show no trend; 4 might")
        if self._climbs_back(losses) and self._hurts(run, losses):
            return [self._overshot(run, losses)]
        return []

    def _never_learned(self, run: RunHistory) -> bool:
        values = series.scores(run)
        rate = series.number(run.config.get("learning_rate"))
        if run.monitor != "f1" or len(values) < 2 or rate is None:
            return False
        usual = reference_values.learning_rate_range(run).high
        return max(point.value for point in values) < 0.05 and rate > self.far_above * usual

    def _climbs_back(self, losses: Sequence[float]) -> bool:
        """Whether the end lies clearly above the minimum, relative to what had been gained."""
        lowest = min(losses)
        if lowest <= 0 or lowest in losses[-2:]:
            return False
        end = median(losses[-2:])
        progress = max(losses[0], end) - lowest
        return end - lowest > max(self.rise * lowest, self.lost_share * progress)

    def _hurts(self, run: RunHistory, losses: Sequence[float]) -> bool:
        """Whether the climb is a trend, or took the score with it."""
        values = series.scores(run)
        best = series.best_point(run)
        if best is not None and run.higher_is_better and best.value > 0.1:
            return series.end_score(values, 2) < self.collapse * best.value
        if best is not None and run.monitor != "loss" and not run.higher_is_better:
            return series.end_score(values, 2) > best.value / self.collapse
        after = losses[losses.index(min(losses)) :]
        return statistics.rising_p(after) < 0.05

    def _lost_all(self, run: RunHistory) -> bool:
        """Whether the score ends where a model that knows nothing has it."""
        end = series.end_score(series.scores(run), 2)
        return end < self.nothing if run.higher_is_better else end > 1 - self.nothing

    def _unlearned(self, run: RunHistory, losses: Sequence[float]) -> Finding:
        """Tell of a score that never left 0, far above the usual rates."""
        usual = reference_values.learning_rate_range(run)
        # A loss that stands still as well is more than a comparison of the rate with others.
        parked = len(losses) >= statistics.FEWEST_FOR_A_TREND
        parked = parked and statistics.falling_p(losses) >= 0.05
        return self.finding(
            f"F1 never left 0{_at(run)}; usual is {usual.low:g} to {usual.high:g} ({usual.kind}).",
            evidence=_loss_evidence(losses),
            fixes=[fixes.lower_learning_rate(run, 10)],
            severity=Severity.WARNING if parked else Severity.INFO,
            tier=Tier.STATISTICAL if parked else Tier.HEURISTIC,
        )

    def _overshot(self, run: RunHistory, losses: Sequence[float]) -> Finding:
        """Tell of a training loss that climbs back, and of what it did to the score."""
        best = series.best_point(run)
        learned = best is not None and run.monitor != "loss" and best.value > 0.1
        seen = (
            f"The training loss climbs back from {_figure(min(losses))} to "
            f"{_figure(losses[-1])}{_at(run)}."
        )
        if learned and best is not None:
            last = series.scores(run)[-1]
            seen += (
                f" {series.score_label(run)} goes from {best.value:.3f} at epoch "
                f"{round(best.epoch, 2):g} to {last.value:.3f} at epoch {round(last.epoch, 2):g}."
            )
        # The loss ends above its beginning, or the score at nought: no statistics are needed.
        destroyed = learned and (median(losses[-2:]) > losses[0] or self._lost_all(run))
        return self.finding(
            seen,
            evidence=_loss_evidence(losses),
            fixes=[fixes.lower_learning_rate(run, 3 if learned else 10)],
            severity=Severity.ERROR if destroyed else Severity.WARNING,
            tier=Tier.CONCLUSIVE if destroyed else Tier.STATISTICAL,
        )


def _at(run: RunHistory) -> str:
    rate = series.number(run.config.get("learning_rate"))
    return "" if rate is None else f" at a learning rate of {rate:g}"


def _figure(loss: float) -> str:
    """Return a loss with at least three digits, and as many as its whole part has."""
    return f"{loss:.0f}" if 100 <= loss < 1e9 else f"{loss:.3g}"


def _loss_evidence(losses: Sequence[float]) -> list[Evidence]:
    if not losses:
        return []
    return [
        Evidence(label="lowest training loss", value=min(losses)),
        Evidence(label="training loss at the end", value=losses[-1]),
    ]
