"""Rule R101: the loss became NaN or infinite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median
from typing import ClassVar

from diagnostics import fixes, series, step_series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.after_nan import trained_on
from diagnostics.rules.run._evidence.precisions import lacks_bf16
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["NonFiniteLoss"]

_EVENTS = ("non-finite", "non-finite-loss")
_IN_FULL_PRECISION = Fix(
    text="Evaluate in full precision, if the loss is wanted.",
    parameter="fp16_full_eval",
    new=False,
    how="fp16 overflows at 65,504",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NonFiniteLoss(Rule[RunHistory]):
    """The loss became NaN or infinite.

    Why it matters: one NaN in a gradient makes every weight NaN, and no later step brings them
    back. Whatever the run reports after that epoch describes a destroyed model.

    Where later figures are finite, the weights survived: single batches overflowed.

    What to change: with fp16, whose largest number is 65,504, train in bf16 or fp32. In full
    precision the steps were too large: a tenth of the learning rate and clipped gradients.

    Source: Amazon SageMaker Debugger, rule ExplodingTensor (any NaN or infinity). Hugging Face's
    `logging_nan_inf_filter` logs a NaN as 0 by default: a loss that drops to exactly 0 and stays
    there is one, too.
    """

    id: ClassVar = "R101"
    name: ClassVar = "non-finite-loss"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = (
        "R102", "R104", "R107", "R108", "R110", "R201", "R204", "R205", "R206",
        "R301", "R302", "R303", "R304", "R307", "R308", "R403",
    )  # fmt: skip
    doubt: ClassVar = "An evaluation loss alone is NaN when no token of the split is scored."
    bad: ClassVar = {
        "loss is NaN from epoch 2": run_example(
            train_loss=(1.2, math.nan, math.nan), f1=(0.1, 0.0, 0.0), learning_rate=5e-4, fp16=True
        ),
        "NaN that the log shows as 0": run_example(
            step_losses=[1.2, 0.9, 0.8, 0.7, 0.7] * 8 + [0.0] * 20,
            f1=(0.3, 0.0),
            steps_per_epoch=30,
            learning_rate=1e-4,
        ),
        "the evaluation loss alone, and the score is lost with it": run_example(
            train_loss=(0.5, 0.3, 0.3, 0.9),
            eval_loss=(0.4, 0.3, math.nan, math.nan),
            f1=(0.5, 0.6, 0.0, 0.0),
            learning_rate=1e-4,
        ),
        "recorded as an event": run_example(
            train_loss=(1.2, 0.9),
            f1=(0.0, 0.0),
            events=[RunEvent(kind="non-finite", message="The training loss is NaN.", epoch=2.0)],
            learning_rate=1e-4,
        ),
    }
    good: ClassVar = {
        "losses that are large but finite": run_example(train_loss=(9e3, 12.0), f1=(0.1, 0.4)),
        "gradient overflow alone, as the fp16 scaler expects": run_example(
            train_loss=(1.2, 0.4), grad_norm=(math.inf, 1.0)
        ),
        "a loss that sinks to 0 little by little": run_example(
            step_losses=[0.5**step for step in range(40)] + [0.0] * 10, steps_per_epoch=25
        ),
    }  # fmt: skip

    alive: float = 0.3
    """Score at the end that no destroyed model reaches; for error rates what is below 1 by as much.
    Public runs evaluated in fp16 logged NaN as their evaluation loss in every epoch, at F1 0.88."""

    zeros: int = 5
    """Losses of exactly 0 at the end that are no chance."""

    real_loss: float = 0.01
    """Loss before them that is too high to have sunk to 0 by learning."""

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look for losses that are logged and not finite, and for recorded events."""
        seen = _seen(run)
        if not seen:
            return self._hidden(run)
        where, epoch = seen[0]
        at = "" if epoch is None else f" at epoch {epoch:g}"
        severity, effect, changes = self._effect(run, seen)
        return [
            self.finding(
                f"The {where} is not a finite number{at}: {effect}.",
                evidence=[
                    Evidence(label=where, value=math.nan, epochs=() if epoch is None else (epoch,))
                ],
                fixes=changes,
                severity=severity,
            )
        ]

    def _effect(
        self, run: RunHistory, seen: Sequence[tuple[str, float | None]]
    ) -> tuple[Severity, str, list[Fix]]:
        """Return how grave it is, what it did to the weights, and what to change."""
        if self._survived(run, seen):
            effect = "the scores are fine, so only the evaluation overflows; ignore this loss"
            return Severity.INFO, effect, [_IN_FULL_PRECISION]
        training = [epoch for where, epoch in seen if where == "training loss"]
        if training and trained_on(run, training[-1], alive=self.alive):
            effect = "batches overflowed or were skipped; figures after it are finite, so the "
            return Severity.WARNING, f"{effect}weights survived", _of_batches(run)
        return Severity.ERROR, "the weights after it are destroyed", _fixes(run)

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Explain nothing where the weights survived."""
        destroyed = any(each.severity is Severity.ERROR for each in found)
        return self.explains if destroyed else ()

    def _survived(self, run: RunHistory, seen: Sequence[tuple[str, float | None]]) -> bool:
        """Whether only evaluation losses are lost, while the score is that of a live model."""
        values = series.scores(run)
        only_evaluation = all(where == "evaluation loss" for where, _ in seen)
        if not only_evaluation or not values or run.monitor == "loss":
            return False
        last = values[-1].value
        return last > self.alive if run.higher_is_better else last < 1 - self.alive

    def _hidden(self, run: RunHistory) -> list[Finding]:
        """Look for the zeros that stand for NaN in a log that hides it."""
        points = step_series.losses(run)
        zeros = len(list(takewhile(lambda point: point.value == 0, reversed(points))))
        before = [point.value for point in points[: len(points) - zeros][-self.zeros :]]
        if zeros < self.zeros or not before or median(before) < self.real_loss or min(before) < 0:
            return []
        first = points[-zeros]
        return [
            self.finding(
                f"The training loss drops from {before[-1]:.3g} to exactly 0 at step {first.step} "
                f"and stays there for {zeros} log entries: the Trainer writes NaN as 0, and the "
                "weights after it are destroyed.",
                evidence=[
                    Evidence(label="losses of exactly 0", value=zeros),
                    Evidence(label="loss before", value=before[-1]),
                ],
                fixes=_fixes(run),
            )
        ]


def _seen(run: RunHistory) -> list[tuple[str, float | None]]:
    """Return (what, epoch) of each non-finite loss, in the order of training."""
    seen: list[tuple[str, float | None]] = [
        ("training loss", event.epoch) for event in run.events if event.kind in _EVENTS
    ]
    for point in run.epochs:
        if point.train_loss is not None and not math.isfinite(point.train_loss):
            seen.append(("training loss", point.number))
        if point.eval_loss is not None and not math.isfinite(point.eval_loss):
            seen.append(("evaluation loss", point.number))
    return sorted(seen, key=lambda found: math.inf if found[1] is None else found[1])


def _fixes(run: RunHistory) -> list[Fix]:
    if run.config.get("fp16") is True:
        return [_precision(run), fixes.lower_learning_rate(run, 3)]
    return [fixes.lower_learning_rate(run, 10)]


def _of_batches(run: RunHistory) -> list[Fix]:
    """Return what keeps single batches from overflowing."""
    look = Fix(text="Look at the batches there: labels that are all -100, a division by 0.")
    return [_precision(run)] if run.config.get("fp16") is True else [look]


def _precision(run: RunHistory) -> Fix:
    new, how = "bf16", "bf16 has the range of fp32"
    text = "Train in bf16, or in fp32 where the hardware has no bf16."
    if lacks_bf16(run):
        new, how = "fp32", "fp16 overflows at 65,504"
        text = "Train in fp32: this device has no bf16 of its own."
    return Fix(text=text, parameter="precision", old="fp16", new=new, how=how)
