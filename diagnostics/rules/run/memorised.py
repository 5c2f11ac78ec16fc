"""Rule R204: the training sentences are known by heart, the others are not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.fixes import rounded
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Memorised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorised(Rule[RunHistory]):
    """The model has memorised its training sentences and fails on new ones.

    Why it matters: there is nothing left to learn from the training data, so neither more epochs
    nor another learning rate closes the gap to unseen data.

    What to change: more training data, or fewer epochs; then regularise (weight decay 0.1). If the
    development split comes from another source, the gap may be that difference.

    Source: a training loss below 0.02 per word means that nearly every label is known. The gap must
    exceed 0.1 and two standard errors. A gap alone is usual on hard data (unseen names), so it is a
    warning only above 0.3 and when the evaluation loss has doubled.
    """

    id: ClassVar = "R204"
    name: ClassVar = "memorised"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.losses, needs.evaluations(2))
    explains: ClassVar = ("R202",)
    doubt: ClassVar = "A development split from another source than the training data."
    bad: ClassVar = {
        "training F1 1.0, development F1 0.45, the loss doubled": run_example(
            train_loss=(0.5, 0.1, 0.03, 0.01),
            train_f1=(0.7, 0.95, 0.99, 1.0),
            eval_loss=(0.5, 0.55, 0.8, 1.0),
            f1=(0.4, 0.45, 0.44, 0.45),
            dataset={"dev_entities": 400},
        ),
        "a training loss near nought": run_example(
            train_loss=(0.4, 0.05, 0.01, 0.002),
            eval_loss=(0.69, 0.9, 1.2, 1.41),
            f1=(0.25, 0.28, 0.27, 0.29),
        ),
        "no score, and the evaluation loss alone rises": run_example(
            train_loss=(1.2, 0.8, 0.4, 0.2, 0.1, 0.05), eval_loss=(0.9, 0.8, 0.9, 1.1, 1.3, 1.5)
        ),
    }
    good: ClassVar = {
        "known by heart, and good on new sentences": run_example(
            train_loss=(0.4, 0.05, 0.01, 0.002), eval_loss=(0.2, 0.2, 0.22, 0.25),
            f1=(0.85, 0.9, 0.91, 0.91),
        ),
        "both in the middle": run_example(
            train_loss=(0.9, 0.6, 0.5, 0.45), train_f1=(0.3, 0.5, 0.55, 0.6),
            eval_loss=(0.9, 0.65, 0.6, 0.6), f1=(0.3, 0.45, 0.5, 0.52),
        ),
        "a gap within the noise of 20 entities": run_example(
            train_loss=(0.4, 0.05, 0.01, 0.002), eval_loss=(0.3, 0.3, 0.35, 0.4),
            f1=(0.6, 0.7, 0.72, 0.72), dataset={"dev_entities": 20},
        ),
    }  # fmt: skip

    known_loss: float = 0.02
    """Training loss per word below which the training labels count as known by heart."""

    known_score: float = 0.98
    """Training score that such a loss stands for, and from which one counts as known by heart."""

    gap: float = 0.1
    """Least difference of the two scores that is worth a line, in score."""

    wide_gap: float = 0.3
    """Difference that calls for a warning, if the evaluation loss has risen, too. Judgement."""

    loss_risen: float = 2.0
    """Times its minimum that the last evaluation loss must reach for a warning. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the end of the training with the score on unseen sentences."""
        if run.monitor == "loss":
            return self._by_loss_alone(run)
        best = series.best_point(run)
        if best is None or not series.share_metric(run) or not 0 <= best.value <= 1:
            return NotApplicable(reason="the score is no share, so it shows no gap to training")
        known = self._training_score(run)
        if known is None:
            return NotApplicable(reason="the run logged no training score and no training loss")
        error = score_noise.score_error(run, best.value)
        gap = known - best.value
        if known < self.known_score or gap <= max(self.gap, 2 * math.sqrt(2) * (error or 0.0)):
            return []
        return [self._finding(run, best, known, error=error)]

    def _training_score(self, run: RunHistory) -> float | None:
        """Return the last training score, or what the training loss implies; 0.0 for a high one."""
        logged, losses = series.train_scores(run), series.train_losses(run)
        if logged:
            return logged[-1].value
        if not losses:
            return None
        return self.known_score if 0 <= losses[-1].value < self.known_loss else 0.0

    def _finding(
        self, run: RunHistory, best: series.Point, known: float, *, error: float | None
    ) -> Finding:
        losses, label = series.eval_losses(run), series.score_label(run)
        lowest = min((point.value for point in losses), default=0.0)
        risen = lowest > 0 and losses[-1].value >= self.loss_risen * lowest
        grave = risen and known - best.value > self.wide_gap
        logged = series.train_scores(run)
        training = f"{label} {known:.2f}" if logged else f"a loss of {_last_loss(run):.2g}"
        message = (
            f"The training sentences are known by heart ({training}), but {label} on unseen ones "
            f"is at most {best.value:.2f} (epoch {round(best.epoch, 2):g})."
        )
        if risen:
            message += f" The evaluation loss rose from {lowest:.3g} to {losses[-1].value:.3g}."
        certain = error is not None or risen
        return self.finding(
            message,
            evidence=[
                Evidence(label="training score (at least)", value=known),
                Evidence(label="best score", value=best.value, epochs=(best.epoch,)),
            ],
            fixes=_fixes(run, best.epoch),
            severity=Severity.WARNING if grave else Severity.INFO,
            tier=Tier.STATISTICAL if certain else Tier.HEURISTIC,
        )

    def _by_loss_alone(self, run: RunHistory) -> list[Finding]:
        """Without any score a steady rise of the evaluation loss is all there is; never more."""
        losses = series.eval_losses(run)
        training = [point.value for point in series.train_losses(run)]
        lowest = min(losses, key=lambda point: point.value, default=None)
        if lowest is None or lowest.value <= 0 or statistics.falling_p(training) >= 0.05:
            return []
        after = [point.value for point in losses if point.epoch >= lowest.epoch]
        if statistics.rising_p(after) >= 0.05 or after[-1] < 1.05 * lowest.value:
            return []
        message = (
            f"The training loss falls to {training[-1]:.3g} while the evaluation loss rises from "
            f"{lowest.value:.3g} at epoch {round(lowest.epoch, 2):g} to {after[-1]:.3g}: the "
            "model learns its training data by heart. No score was logged that could tell "
            "whether it matters."
        )
        return [
            self.finding(
                message,
                evidence=[
                    Evidence(label="lowest loss", value=lowest.value, epochs=(lowest.epoch,)),
                    Evidence(label="last loss", value=after[-1]),
                    Evidence(label="p of the rise", value=statistics.rising_p(after)),
                ],
                fixes=_fixes(run, lowest.epoch),
            )
        ]


def _last_loss(run: RunHistory) -> float:
    return series.train_losses(run)[-1].value


def _fixes(run: RunHistory, best_epoch: float) -> list[Fix]:
    count = series.whole(run.dataset.get("train_sentences"))
    more = Fix(
        text="Label more training sentences.",
        parameter="train_sentences" if count else None,
        old=count,
        new=2 * count if count else None,
        how="twice as many" if count else "",
    )
    how = f"1.2 x the best epoch ({round(best_epoch, 2):g})"
    shorter = fixes.shorter(run, 1.2 * best_epoch, text="Train shorter.", how=how)
    decay = series.number(run.config.get("weight_decay"))
    regularise = Fix(
        text="Regularise more.",
        parameter="weight_decay",
        old=decay,
        new=0.1 if decay is None else max(0.1, rounded(2 * decay)),
        how="twice the present, at least 0.1",
    )
    return [more, *shorter, regularise]
