"""Rule R606: a hyperparameter lies far outside what usually works."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, reference_values, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.fixes import rounded
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.tuned import (
    destroying_rate,
    encoder_is_frozen,
    is_plain_adam,
    is_plan,
    is_searched,
    trains_adapters,
)
from diagnostics.subjects.run_history import RunHistory

__all__ = ["UnusualHyperparameter"]

_OF_WHAT_LEARNED_LITTLE = ("R105", "R106", "R201", "R202", "R203", "R204", "R206")
"""Rules about scores that rise, fall or stand still, which say nothing of a run that is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualHyperparameter(Rule[RunHistory]):
    """A hyperparameter lies far outside what usually works.

    Why it matters: such a value is more often a slip (a lost zero, a copied line from another kind
    of model) than a discovery. By itself it is a remark and no verdict: the curves decide. It is
    a warning where the run also ends with hardly anything learned.

    What to change: a value that is usual.

    Source: the recipes of the models' authors and the values of public model cards. Ranges hold for
    fine-tuning an encoder with AdamW: adapters (LoRA), frozen encoders, SGD and Adafactor have
    other ranges and are not judged by these. AdamW shrinks each weight by the weight decay times
    the learning rate in every step (Loshchilov and Hutter 2019).
    """

    id: ClassVar = "R606"
    name: ClassVar = "unusual-hyperparameter"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.HEURISTIC
    explains: ClassVar = ("R104", "R205", "R301", "R302", "R303", "R304")
    judges_plans: ClassVar = True
    doubt: ClassVar = "A search that found this value better than its neighbours."
    bad: ClassVar = {
        "a zero too few": run_example(f1=(0.1, 0.2), learning_rate=5e-3, optim="adamw_torch"),
        "three zeros too many": run_example(f1=(0.1, 0.2), learning_rate=2e-8),
        "gradients clipped to nothing": run_example(f1=(0.1, 0.2), max_grad_norm=0.001),
        "half of everything dropped": run_example(f1=(0.1, 0.2), dropout=0.6),
        "most of the run is warm-up": run_example(f1=(0.1, 0.2), warmup_ratio=0.8),
        "weight decay of 100": run_example(f1=(0.1, 0.1), weight_decay=100, optim="adamw_torch"),
        "thirty times the usual rate, and nothing learned": run_example(
            f1=(0.2, 0.1, 0.0), learning_rate=9e-3, optim="adamw_torch", parameters=22_000_000
        ),
        "weight decay of another optimizer": run_example(
            f1=(0.1, 0.2), weight_decay=0.5, optim="adamw_torch"
        ),
        "a plan above the usual rates": run_example(learning_rate=1e-3, optim="adamw_torch"),
        "a plan of a thousand epochs": run_example(epochs=1000),
        "sentences cut to 12 pieces": run_example(f1=(0.1, 0.2), max_length=12),
    }
    good: ClassVar = {
        "usual values": run_example(
            f1=(0.5, 0.6), learning_rate=5e-5, dropout=0.1, weight_decay=0.01, warmup_ratio=0.1
        ),
        "SGD": run_example(f1=(0.5, 0.6), learning_rate=0.1, optimizer="SGD"),
        "a large rate of an unknown optimizer": run_example(f1=(0.5, 0.6), learning_rate=0.1),
        "Adafactor": run_example(f1=(0.5, 0.6), learning_rate=1e-2, optim="adafactor"),
        "LoRA": run_example(f1=(0.5, 0.6), learning_rate=5e-3, lora_r=8),
        "a frozen encoder": run_example(f1=(0.5, 0.6), learning_rate=5e-3, frozen_layers=12),
        "a small encoder at its upper end": run_example(
            f1=(0.5, 0.6), learning_rate=3e-4, parameters=22_000_000
        ),
        "a plan at the upper end": run_example(learning_rate=3e-4, epochs=3, optim="adamw_torch"),
        "a plan that is worse than unusual": run_example(learning_rate=5e-3, optim="adamw_torch"),
        "no clipping, as 0 says": run_example(f1=(0.5, 0.6), max_grad_norm=0.0),
        "a run that does well at its rate": run_example(f1=(0.8, 0.9), learning_rate=5e-3),
    }

    factor: float = 10.0
    """Factor beyond the usual learning rates from which one is unusual. Above them a plan is
    remarked on at once: it has no curves that could speak for it."""

    destroys: float = 0.1
    """Learning rate of Adam that R601 reports in any case."""

    most_epochs: int = 100
    """Epochs of a plan beyond which they are unusual."""

    largest_share: float = 0.5
    """Dropout and share of warm-up beyond which they are unusual."""

    largest_decay: float = 0.3
    """Weight decay beyond which it is unusual for AdamW, whose usual values are 0 to 0.1."""

    least_norm: float = 0.05
    """Norm below which clipping changes each step: gradients of encoders have norms near 1."""

    least_length: int = 32
    """Maximum length below which ordinary sentences are cut, in sub-tokens."""

    learned: float = 0.3
    """F1 below which a run learned so little that an unusual value is a warning."""

    does_well: float = 0.8
    """Score from which no value is called unusual: it evidently works."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare each recorded hyperparameter with its usual range."""
        best = series.best_point(run)
        if best is not None and series.share_metric(run) and best.value >= self.does_well:
            return []
        if not run.config:
            return NotApplicable(reason="the run recorded no hyperparameters")
        epochs = self._above(run, "epochs", self.most_epochs, 10, below=math.inf)
        return [
            *self._rate(run),
            *(epochs if is_plan(run) else ()),
            *self._above(run, "dropout", self.largest_share, 0.1),
            *self._above(run, "warmup_ratio", self.largest_share, 0.1),
            *self._decay(run),
            *self._below(run, "max_grad_norm", self.least_norm, 1.0),
            *self._below(run, "max_length", self.least_length, 128),
        ]

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Return what the values explain; with little learned, also how the score fell or rose."""
        grave = any(each.severity is Severity.WARNING for each in found)
        return (*self.explains, *(_OF_WHAT_LEARNED_LITTLE if grave else ()))

    def _learned_little(self, run: RunHistory) -> bool:
        """Whether a run that came near its end found fewer entities than is of any use."""
        values, share = series.scores(run), series.plan_share(run)
        over = len(values) > 1 and (share is None or share >= 0.9)
        return over and run.monitor == "f1" and max(p.value for p in values) < self.learned

    def _rate(self, run: RunHistory) -> Iterator[Finding]:
        rate = series.number(run.config.get("learning_rate"))
        if rate is None or rate <= 0 or is_plain_adam(run) is False or trains_adapters(run):
            return
        usual = reference_values.learning_rate_range(run)
        low, high = usual.low / self.factor, usual.high * self.factor
        if is_plan(run) and is_plain_adam(run):
            if rate >= destroying_rate(run, self.destroys):
                return  # R601 says so
            if not (encoder_is_frozen(run) or is_searched(run)):
                high = 1.01 * usual.high
        # Large rates are those of SGD, which an unknown optimizer may be.
        may_be_large = is_plain_adam(run) is None or encoder_is_frozen(run)
        if 0.99 * low < rate <= high or (rate > high and may_be_large):
            return
        new = usual.high if rate > high else fixes.usual_learning_rate(run)[0]
        yield self._one(run, "learning_rate", rate, new, f"{usual.low:g} to {usual.high:g}")

    def _decay(self, run: RunHistory) -> Iterator[Finding]:
        adam = is_plain_adam(run)
        if adam is not False:
            # Large values are usual where the decay is not multiplied by a learning rate.
            below = math.inf if adam else 1.0
            yield from self._above(run, "weight_decay", self.largest_decay, 0.01, below=below)

    def _above(
        self, run: RunHistory, name: str, limit: float, usual: float, *, below: float = 1.0
    ) -> Iterator[Finding]:
        value = series.number(run.config.get(name))
        if value is not None and limit < value < below:
            yield self._one(run, name, value, usual, f"up to {limit:g}")

    def _below(self, run: RunHistory, name: str, limit: float, usual: float) -> Iterator[Finding]:
        value = series.number(run.config.get(name))
        if value is not None and 0 < value < limit:
            yield self._one(run, name, value, usual, f"from {limit:g} on")

    def _one(self, run: RunHistory, name: str, old: float, new: float, usual: str) -> Finding:
        # Of a low rate the curves tell more, and R103 does.
        grave = self._learned_little(run) and not (name == "learning_rate" and old < new)
        fix = Fix(
            text=f"Set {name} to {new:g}, unless this value was chosen on purpose.",
            parameter=name,
            old=old,
            new=rounded(new) if new < 1 else round(new),
            how=f"a usual value ({usual})",
        )
        return self.finding(
            f"{name} is {old:g}; usual is {usual}.",
            evidence=[Evidence(label=name, value=old)],
            fixes=[fix],
            severity=Severity.WARNING if grave else Severity.INFO,
            tier=Tier.STATISTICAL if grave else Tier.HEURISTIC,
        )
