"""Rule R205: the model has not even learned its training sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.frozen import (
    ALL_LAYERS,
    moves_the_head_alone,
    told_by_times,
    train_the_encoder_too,
)
from diagnostics.rules.run._evidence.tuned import encoder_is_frozen
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Underfits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Underfits(Rule[RunHistory]):
    """The model underfits: it has not learned even its training sentences.

    Why it matters: training and unseen sentences score alike and low, so data and regularisation
    are not what is missing: the model has not used what it was given.

    What to change: the whole encoder trained, where the rate suits it and so little came of it; a
    higher learning rate if it lies below the usual range, else more epochs; if the training loss is
    flat, a larger encoder.

    Source: a training score below 0.8 within two standard errors of the development score, or a
    training loss that keeps more than half of its first value and lies no lower than the loss on
    unseen sentences.
    """

    id: ClassVar = "R205"
    name: ClassVar = "underfits"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.losses, needs.evaluations(4))
    doubt: ClassVar = "Contradictory labels, which cap the training score of every model."
    bad: ClassVar = {
        "training and development F1 0.28 alike": run_example(
            train_f1=(0.1, 0.2, 0.24, 0.26, 0.28),
            f1=(0.1, 0.2, 0.25, 0.28, 0.29),
            train_loss=(1.9, 1.5, 1.3, 1.2, 1.1),
            eval_loss=(1.8, 1.5, 1.3, 1.2, 1.15),
            dataset={"dev_entities": 200},
            learning_rate=3e-5,
        ),
        "a frozen encoder": run_example(
            train_loss=(1.5, 1.3, 1.2, 1.1, 1.0),
            eval_loss=(1.3, 1.2, 1.1, 1.05, 1.0),
            f1=(0.0, 0.02, 0.03, 0.05, 0.08),
            learning_rate=3e-4,
            frozen_layers=6,
        ),
        "the training loss keeps two thirds": run_example(
            train_loss=(1.5, 1.3, 1.2, 1.1, 1.0),
            eval_loss=(1.3, 1.2, 1.1, 1.05, 1.0),
            f1=(0.1, 0.2, 0.25, 0.28, 0.3),
        ),
    }
    good: ClassVar = {
        "learned by heart instead": run_example(
            train_f1=(0.5, 0.8, 0.95, 1.0), f1=(0.3, 0.4, 0.42, 0.43),
            train_loss=(0.9, 0.3, 0.1, 0.02), eval_loss=(0.9, 0.8, 0.9, 1.0),
        ),
        "label smoothing: the loss has a floor, the score is good": run_example(
            train_loss=(1.0, 0.85, 0.81, 0.8), eval_loss=(0.9, 0.82, 0.8, 0.8),
            f1=(0.8, 0.9, 0.92, 0.93),
        ),
        "dropout: the training score lies below the other, which is good": run_example(
            train_f1=(0.6, 0.7, 0.75, 0.78), f1=(0.7, 0.78, 0.82, 0.84),
            train_loss=(0.9, 0.7, 0.6, 0.5), eval_loss=(0.7, 0.6, 0.5, 0.45),
        ),
        "halfway through its plan": run_example(
            train_loss=(1.5, 1.3, 1.2, 1.1), eval_loss=(1.3, 1.2, 1.1, 1.05),
            f1=(0.1, 0.2, 0.25, 0.28), max_steps=2000,
        ),
    }  # fmt: skip

    low_train_score: float = 0.8
    """Training score below which the training sentences are not learned."""

    low_score: float = 0.6
    """Development score below which a high training loss counts, in score. Judgement."""

    kept: float = 0.5
    """Share of its first value that the training loss must keep."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a low training score, or a high training loss, without a gap to unseen data."""
        share = series.plan_share(run)
        if share is not None and share < 0.9:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        best = series.best_point(run)
        if best is None or not series.share_metric(run) or not 0 <= best.value <= 1:
            return NotApplicable(reason="the score is no share, so no score is called low")
        logged, losses = series.train_scores(run), series.train_losses(run)
        if logged:
            return self._by_score(run, logged[-1].value)
        if len(losses) < statistics.FEWEST_FOR_A_TREND:
            return NotApplicable(reason="the run logged too few training scores and losses")
        return self._by_loss(run, best)

    def _by_score(self, run: RunHistory, trained: float) -> list[Finding]:
        last = series.scores(run)[-1].value
        error = score_noise.score_error(run, last)
        near = 2 * error if error is not None else score_noise.BLIND_NOISE
        if max(trained, last) >= self.low_train_score or trained - last > near:
            return []
        label = series.score_label(run)
        message = (
            f"{label} is {trained:.2f} on the training sentences themselves and {last:.2f} on "
            "unseen ones: the model has learned neither."
        )
        evidence = [
            Evidence(label="training score", value=trained),
            Evidence(label="last score", value=last),
        ]
        return [self.finding(message, evidence=evidence, fixes=_fixes(run))]

    def _by_loss(self, run: RunHistory, best: series.Point) -> list[Finding]:
        training = [point.value for point in series.train_losses(run)]
        evaluation = series.eval_losses(run)
        if best.value >= self.low_score or min(training) <= self.kept * training[0]:
            return []
        no_gap = bool(evaluation) and evaluation[-1].value <= 1.1 * training[-1]
        if not no_gap or statistics.falling_p(training) >= 0.05:
            return []
        message = (
            f"The training loss only falls from {training[0]:.3g} to {training[-1]:.3g}, the loss "
            f"on unseen sentences ({evaluation[-1].value:.3g}) is no higher, and "
            f"{series.score_label(run)} reaches {best.value:.2f}: the model has not learned its "
            "training sentences."
        )
        evidence = [
            Evidence(label="first training loss", value=training[0]),
            Evidence(label="last training loss", value=training[-1]),
            Evidence(label="best score", value=best.value, epochs=(best.epoch,)),
            *told_by_times(run),
        ]
        return [self.finding(message, evidence=evidence, fixes=_fixes(run))]


def _fixes(run: RunHistory) -> list[Fix]:
    last = run.epochs[-1].number
    longer = fixes.longer(run, 2 * last, text="Train longer.", how="twice the present epochs")
    if encoder_is_frozen(run):
        return [*train_the_encoder_too(run), *longer]
    if moves_the_head_alone(run):
        return [ALL_LAYERS, *longer]
    larger = Fix(text="Use a larger encoder: this one has learned what it can.")
    return [*fixes.raise_learning_rate(run, 3), *longer] or [larger]
