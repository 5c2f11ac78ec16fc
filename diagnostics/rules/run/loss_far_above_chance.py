"""Rule R111: the evaluation loss is larger than any guessing gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LossFarAboveChance"]

_OF_REGRESSION = ("mae", "mse", "rmse", "mape", "r2")
_MOST_LABELS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LossFarAboveChance(Rule[RunHistory]):
    """The evaluation loss is far above what guessing gives.

    Why it matters: a model that guesses among N labels has a cross-entropy of ln N, about 2 for
    nine tags. A loss in the millions means that the outputs have exploded, and that every wrong
    word is wrong with absurd certainty; or it is a sum over the split and says nothing by itself.

    What to change: see whether the loss is summed where it should be averaged. If not, a lower
    learning rate with gradients clipped at 1; in half precision, bf16 instead of fp16.

    Source: the cross-entropy of a uniform guess. Sums over a sentence, as of a CRF or of CTC, stay
    in the thousands; a MobileBERT in the public runs was evaluated at 1.7 million.
    """

    id: ClassVar = "R111"
    name: ClassVar = "loss-far-above-chance"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "A loss that is summed over the split, or a task that is no classification."
    bad: ClassVar = {
        "millions, and the score is dead": run_example(
            eval_loss=(1_929_010, 1_733_774, 1_655_342), f1=(0.0, 0.01, 0.01), learning_rate=2e-5
        ),
        "millions under a score that lives: a sum": run_example(
            eval_loss=(80_000, 60_000, 50_000), f1=(0.5, 0.7, 0.8), learning_rate=2e-5
        ),
    }
    good: ClassVar = {
        "the sum of a CRF over a sentence": run_example(
            eval_loss=(900, 400, 300), f1=(0.5, 0.7, 0.8)
        ),
        "exploded at first, then found its way": run_example(
            eval_loss=(50_000, 3.0, 0.5), f1=(0.0, 0.5, 0.7)
        ),
    }

    absurd: float = 10_000.0
    """Loss from which it is no mean and no sum over a sentence. Judgement."""

    alive: float = 0.1
    """Score above which the outputs cannot have exploded, from 0 to 1. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the last evaluation loss with that of a guess."""
        losses = series.eval_losses(run)
        if not losses:
            return NotApplicable(reason="the run logged no evaluation loss")
        if any(name in point.metrics for point in run.epochs for name in _OF_REGRESSION):
            return NotApplicable(reason="the model estimates a quantity: its loss has no scale")
        last = losses[-1]
        if last.value < self.absurd:
            return []
        labels = series.whole(run.config.get("num_labels"))
        guess = math.log(_MOST_LABELS if labels is None else max(2, labels))
        among = "even among 100,000 labels" if labels is None else f"among {labels} labels"
        scored = series.scores(run) if series.share_metric(run) else ()
        lives = bool(scored) and scored[-1].value > self.alive
        classifies = bool(scored) or needs.token_classifier(run) is True
        why = (
            "as the score lives, it must be a sum"
            if lives
            else "either it is a sum over the split, or the outputs have exploded"
        )
        return [
            self.finding(
                f"The evaluation loss is {last.value:,.0f} at the end, where guessing {among} "
                f"gives {guess:.1f}: {why}.",
                evidence=[
                    Evidence(label="evaluation loss", value=last.value, epochs=(last.epoch,)),
                    Evidence(label="loss of a guess", value=guess),
                ],
                fixes=[_MEAN] if lives else [*_calmer(run), _MEAN],
                severity=Severity.WARNING if classifies and not lives else Severity.INFO,
            )
        ]


_MEAN = Fix(
    text="Average the loss over the words (reduction='mean') instead of summing it.",
    parameter="compute_metrics",
    new="mean loss",
    how="a mean can be compared with that of the training, and between splits",
)


def _calmer(run: RunHistory) -> list[Fix]:
    clipped = series.number(run.config.get("max_grad_norm"))
    if clipped is not None and 0 < clipped <= 1:
        return [fixes.lower_learning_rate(run, 10)]
    clip = Fix(
        text="Clip the gradients.",
        parameter="max_grad_norm",
        old=clipped,
        new=1.0,
        how="the usual limit",
    )
    return [fixes.lower_learning_rate(run, 10), clip]
