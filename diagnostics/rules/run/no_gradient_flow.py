"""Rule R108: the weights do not change, or only those of the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series, statistics, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.fixes import rounded
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = ["NoGradientFlow"]

_HEAD_RATE = 1e-3
"""Usual learning rate of a new head on a frozen encoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGradientFlow(Rule[RunHistory]):
    """No gradient reaches the weights: they are frozen, or the steps do not arrive.

    Why it matters: the run takes its time and changes nothing. With a frozen encoder only the
    classification head learns, from features that were made for another task.

    What to change: unfreeze the encoder; check that the optimizer holds the model's parameters. If
    the freezing is meant, a learning rate of 1e-3, since a new head needs larger steps.

    Source: Amazon SageMaker Debugger, rule VanishingGradient (below 1e-7). A frozen MiniLM ended at
    F1 0.29 on the training and the development split alike.
    """

    id: ClassVar = "R108"
    name: ClassVar = "no-gradient-flow"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R103", "R104", "R105", "R106", "R205", "R301", "R302", "R303", "R304")
    doubt: ClassVar = "Weights that were compared before and after the training, and differ."
    bad: ClassVar = {
        "the gradient is 0 throughout": run_example(
            train_loss=(1.4, 1.41, 1.39, 1.4, 1.4, 1.4),
            grad_norm=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            eval_loss=(1.4, 1.4, 1.4, 1.4, 1.4, 1.4),
        ),
        "every evaluation is the same to the last digit": run_example(
            eval_loss=(0.1385, 0.1385, 0.1385), accuracy=(0.9745, 0.9745, 0.9745)
        ),
        "all 6 of 6 layers frozen, and the head still learns": run_example(
            train_loss=(1.9, 1.6, 1.4, 1.3, 1.2),
            eval_loss=(1.8, 1.6, 1.4, 1.3, 1.25),
            f1=(0.0, 0.1, 0.2, 0.27, 0.29),
            frozen_layers=6,
            layers=6,
            learning_rate=3e-5,
        ),
    }
    good: ClassVar = {
        "a gradient of 0 while the loss falls: the log is at fault": run_example(
            train_loss=(1.4, 1.0, 0.8, 0.6, 0.5, 0.4), grad_norm=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        ),
        "known by heart: nothing is left to learn": run_example(
            train_loss=(0.5, 0.1, 1e-6, 1e-6, 1e-6, 1e-6),
            grad_norm=(1.0, 0.5, 0.0, 0.0, 0.0, 0.0),
        ),
        "one metric stands still, the loss moves": run_example(
            eval_loss=(0.5, 0.4, 0.38), accuracy=(0.97, 0.97, 0.97)
        ),
        "half of the layers frozen, with a good score": run_example(
            f1=(0.5, 0.8, 0.85, 0.86), frozen_layers=3, layers=6
        ),
    }

    vanished: float = 1e-7
    """Norm of the gradient below which nothing moves, from SageMaker's VanishingGradient."""

    share: float = 0.5
    """Share of the logged norms that must have vanished, from 0 to 1."""

    fewest_norms: int = 5
    """Logged norms below which zeros may be chance, such as a skipped step."""

    fewest_evaluations: int = 3
    """Evaluations that must agree to the last digit in loss and score."""

    learned: float = 0.6
    """Score from which a frozen encoder evidently suffices. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for vanished gradients, evaluations without any change, and frozen encoders."""
        points = series.evaluations(run)
        norms = [point.value for point in step_series.gradient_norms(run)]
        if self._vanished(run, norms):
            return [self._zero_gradients(norms, run)]
        if len(points) >= self.fewest_evaluations and _identical(points):
            return [self._unchanged(run, points)]
        if self._frozen_and_weak(run):
            return [self._frozen(run)]
        if not norms and len(points) < self.fewest_evaluations:
            return NotApplicable(reason="the run logged no gradient norms and too few evaluations")
        return []

    def _vanished(self, run: RunHistory, norms: Sequence[float]) -> bool:
        losses = [point.value for point in step_series.losses(run) or ()]
        losses = losses or [point.value for point in series.train_losses(run)]
        still = sum(norm < self.vanished for norm in norms)
        if len(norms) < self.fewest_norms or still < self.share * len(norms):
            return False
        # A loss of nought leaves nothing to learn; a negative one is no supervised training.
        if not losses or min(losses) < 1e-4:
            return False
        return statistics.falling_p(losses) >= 0.05 and losses[-1] > 0.98 * losses[0]

    def _frozen_and_weak(self, run: RunHistory) -> bool:
        frozen = series.number(run.config.get("frozen_layers"))
        layers = series.number(run.config.get("layers"))
        rate = series.number(run.config.get("learning_rate"))
        best = series.best_point(run)
        if frozen is None or layers is None or not 0 < layers <= frozen:
            return False
        if best is None or not series.share_metric(run) or best.value >= self.learned:
            return False
        losses = [point.value for point in series.train_losses(run) or series.eval_losses(run)]
        slow = rate is not None and rate < _HEAD_RATE / 3
        return slow and statistics.falling_p(losses) < 0.05

    def _zero_gradients(self, norms: Sequence[float], run: RunHistory) -> Finding:
        still = sum(norm < self.vanished for norm in norms)
        return self.finding(
            f"The gradient is 0 in {still} of {len(norms)} logged steps and the training loss does "
            "not fall: the weights do not change.",
            evidence=[
                Evidence(label="steps without gradient", value=still),
                Evidence(label="steps logged", value=len(norms)),
            ],
            fixes=[_unfreeze(run)],
        )

    def _unchanged(self, run: RunHistory, points: Sequence[Epoch]) -> Finding:
        loss = points[0].eval_loss
        return self.finding(
            f"All {len(points)} evaluations are the same to the last digit (evaluation loss "
            f"{loss:g}): the weights do not change between them, or one evaluation was written "
            "again and again.",
            evidence=[
                Evidence(label="identical evaluations", value=len(points)),
                Evidence(
                    label="evaluation loss",
                    value=loss if loss is not None else 0.0,
                    epochs=tuple(point.number for point in points),
                ),
            ],
            fixes=[_unfreeze(run)],
            severity=Severity.WARNING,
        )

    def _frozen(self, run: RunHistory) -> Finding:
        best, rate = series.best_point(run), series.number(run.config.get("learning_rate"))
        score = 0.0 if best is None else best.value
        head = Fix(
            text="If only the head is to be trained, raise the learning rate.",
            parameter="learning_rate",
            old=rate,
            new=rounded(_HEAD_RATE),
            how="the usual rate of a new head on a frozen encoder",
        )
        return self.finding(
            f"All layers of the encoder are frozen, {series.score_label(run)} reaches only "
            f"{score:.2f}, and the loss still falls at the end: the head alone cannot do it at "
            "this learning rate.",
            evidence=[
                Evidence(label="frozen layers", value=int(run.config["frozen_layers"])),
                Evidence(label="best score", value=score),
            ],
            fixes=[_unfreeze(run), head],
            severity=Severity.WARNING,
            tier=Tier.STATISTICAL,
        )


def _identical(points: Sequence[Epoch]) -> bool:
    """Whether every evaluation repeats the first one, in its loss and in at least one score."""
    first = points[0]
    if first.eval_loss is None or not first.metrics or first.eval_loss <= 0:
        return False
    return all(
        point.eval_loss == first.eval_loss and point.metrics == first.metrics for point in points
    )


def _unfreeze(run: RunHistory) -> Fix:
    frozen = series.whole(run.config.get("frozen_layers"))
    return Fix(
        text="Train all layers, and check that the optimizer holds the model's parameters.",
        parameter="frozen_layers",
        old=frozen,
        new=0,
        how="a gradient flows only into weights that are trained",
    )
