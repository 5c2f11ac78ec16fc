"""Rule R601: a hyperparameter has a value with which no training can work."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, reference_values, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier, Value
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.tuned import (
    destroying_rate,
    is_plain_adam,
    is_plan,
    trains_adapters,
)
from diagnostics.subjects.run_history import RunHistory

__all__ = ["IllogicalHyperparameter"]

_COUNTS = ("batch_size", "gradient_accumulation_steps", "max_length", "logging_steps")
_SHARES = {"dropout": 0.1, "label_smoothing": 0.0, "warmup_ratio": 0.1, "weight_decay": 0.01}
"""Hyperparameters that are shares from 0 to below 1, and the usual value of each."""

_USUAL: dict[str, Value] = {
    "learning_rate": 5e-5, "epochs": 3, "batch_size": 16, "gradient_accumulation_steps": 1,
    "max_length": 128, "logging_steps": 500, **_SHARES,
}  # fmt: skip
"""What is proposed in the place of NaN and infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IllogicalHyperparameter(Rule[RunHistory]):
    """A hyperparameter has an illogical value, with which no training can work.

    Why it matters: a learning rate of 0 trains nothing, a negative one unlearns, a warm-up as long
    as the run never reaches its rate, a batch of 2.5 sentences does not exist. Scripts accept most
    of these without a word.

    What to change: the nearest value that works.

    Source: the definitions of the hyperparameters. For AdamW a step moves each weight by about the
    learning rate, and the weights of an encoder are about 0.04 in size: with 0.1 its first step
    destroys it, and from 1 on each is moved by more than its size. A plan has no curves to judge it
    by: ten times the usual rates is a warning there. Other optimizers
    (SGD, flair's default of 0.1 among them) have other units and are not judged.
    """

    id: ClassVar = "R601"
    name: ClassVar = "illogical-hyperparameter"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R103", "R104", "R105", "R106", "R301", "R302", "R303", "R403")
    judges_plans: ClassVar = True
    doubt: ClassVar = "The value was recorded in another unit, such as percent."
    bad: ClassVar = {
        "a learning rate of 0": run_example(f1=(0.0, 0.0), learning_rate=0.0),
        "a negative learning rate": run_example(f1=(0.0, 0.0), learning_rate=-5e-5),
        "AdamW with 0.5": run_example(f1=(0.0, 0.0), learning_rate=0.5, optim="adamw_torch"),
        "a fractional batch": run_example(f1=(0.5,), batch_size=2.5),
        "no epochs": run_example(train_loss=(0.5,), epochs=0),
        "dropout of everything": run_example(f1=(0.0, 0.0), dropout=1.0),
        "warm-up in percent": run_example(f1=(0.1, 0.2), warmup_ratio=10),
        "warm-up longer than the run": run_example(f1=(0.1, 0.2), warmup_steps=500),
        "a plan with ten times the usual rate": run_example(
            learning_rate=5e-3, optim="adamw_torch"
        ),
        "a plan with no number": run_example(learning_rate=math.nan, epochs=3),
        "a plan without epochs": run_example(learning_rate=5e-5, epochs=-1),
        "an empty batch": run_example(batch_size=0),
        "negative weight decay": run_example(f1=(0.5, 0.6), weight_decay=-0.01),
    }
    good: ClassVar = {
        "a record that cannot be true": run_example(f1=(0.8, 0.9), learning_rate=0.0),
        "usual values": run_example(
            f1=(0.5, 0.6), learning_rate=5e-5, batch_size=16, dropout=0.1, weight_decay=0.01,
            warmup_ratio=0.1, label_smoothing=0.0, gradient_accumulation_steps=1, max_length=128,
        ),
        "flair's SGD with 0.1": run_example(f1=(0.5, 0.6), learning_rate=0.1, optimizer="SGD"),
        "an unknown optimizer with 0.1": run_example(f1=(0.5, 0.6), learning_rate=0.1),
        "whole numbers written as floats": run_example(f1=(0.5, 0.6), batch_size=16.0),
        "warm-up steps as a share": run_example(f1=(0.5, 0.6), warmup_steps=0.1),
        "stopped long before its plan, in warm-up": run_example(
            f1=(0.5, 0.6), warmup_steps=500, max_steps=5_000
        ),
        "a plan at the upper end": run_example(learning_rate=3e-4, epochs=3, optim="adamw_torch"),
        "a plan for a frozen encoder": run_example(
            learning_rate=5e-3, epochs=3, optim="adamw_torch", frozen_layers=12
        ),
        "weight decay of other optimizers": run_example(f1=(0.5, 0.6), weight_decay=1.0),
    }  # fmt: skip

    destroys: float = 0.1
    """Learning rate of Adam from which the first step destroys an encoder: twice the size of its
    weights."""

    passes_weights: float = 1.0
    """Learning rate of Adam from which a step moves every weight by more than its size."""

    learned: float = 0.5
    """Score from which a run evidently trained, so that a rate or a number of epochs of 0 is a
    fault of the record."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare each recorded hyperparameter with the values that it can have."""
        if not run.config:
            return NotApplicable(reason="the run recorded no hyperparameters")
        best = series.best_point(run)
        works = best is not None and series.share_metric(run) and best.value >= self.learned
        whole_run = [] if works else [*self._rate(run), *self._epochs(run), *self._warmup(run)]
        return [*self._no_numbers(run), *whole_run, *self._counts(run), *self._shares(run)]

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Return what the values explain; a learning rate also weights that stand still."""
        names = {evidence.label for each in found for evidence in each.evidence}
        return (*self.explains, *(("R108", "R205") if "learning_rate" in names else ()))

    def _one(
        self, name: str, old: Value, fix: tuple[Value, str], why: str, *, fatal: bool = False
    ) -> Finding:
        new, how = fix
        shown = f"{old:g}" if isinstance(old, float) else str(old)
        return self.finding(
            f"{name} is {shown}: {why}.",
            evidence=[Evidence(label=name, value=old)],
            fixes=[
                Fix(text=f"Set {name} to {new}.", parameter=name, old=old, new=new, how=how),
            ],
            severity=Severity.ERROR if fatal else Severity.WARNING,
        )

    def _no_numbers(self, run: RunHistory) -> Iterator[Finding]:
        """Find NaN and infinity in a plan; in a log they are rather a fault of the record."""
        for name, usual in _USUAL.items() if is_plan(run) else ():
            value = run.config.get(name)
            if isinstance(value, float) and not math.isfinite(value):
                why = "no training can run with it"
                yield self._one(name, value, (usual, "a usual value"), why, fatal=True)

    def _rate(self, run: RunHistory) -> Iterator[Finding]:
        rate = series.number(run.config.get("learning_rate"))
        if rate is None or (trains_adapters(run) and not (rate <= 0 and is_plan(run))):
            return
        usual = reference_values.learning_rate_range(run)
        if rate <= 0:
            fix = fixes.usual_learning_rate(run)
            why = "the weights never move" if rate == 0 else "each step raises the loss"
            why += ", and no training can run with it" if is_plan(run) else ""
            yield self._one("learning_rate", rate, fix, why, fatal=True)
            return
        if is_plain_adam(run) and rate >= destroying_rate(run, self.destroys):
            fix = (usual.high, f"the high end of what is usual for this {usual.kind}")
            why = f"usual with AdamW is {usual.low:g} to {usual.high:g}"
            if rate >= self.destroys:
                why = "a step of Adam moves each weight by about that, and most are smaller"
            fatal = rate >= self.passes_weights and is_plan(run)
            yield self._one("learning_rate", rate, fix, why, fatal=fatal)

    def _counts(self, run: RunHistory) -> Iterator[Finding]:
        for name in _COUNTS:
            value = series.number(run.config.get(name))
            if value is None or (value >= 1 and value.is_integer()):
                continue
            if name == "logging_steps" and 0 < value < 1:
                continue  # a share of all steps
            fix = (max(1, round(value)), "the nearest whole number")
            why = "it must be at least 1" if value < 1 else "not a whole number"
            yield self._one(name, value, fix, why, fatal=value < 1 and is_plan(run))

    def _epochs(self, run: RunHistory) -> Iterator[Finding]:
        epochs = series.number(run.config.get("epochs"))
        if epochs is not None and epochs <= 0 and (run.epochs or is_plan(run)):
            fix = (3, "the default of TrainingArguments")
            why = "no training can run with it" if is_plan(run) else "nothing is trained"
            yield self._one("epochs", epochs, fix, why, fatal=True)

    def _shares(self, run: RunHistory) -> Iterator[Finding]:
        for name, usual in _SHARES.items():
            value = series.number(run.config.get(name))
            if value is None or 0 <= value < 1 or (name == "weight_decay" and value >= 0):
                continue
            percent = value / 100
            new = percent if 0 < percent < 0.5 and name != "dropout" else usual
            how = "taken as percent" if new == percent else "the usual value"
            yield self._one(name, value, (new, how), "it is a share from 0 to below 1")

    def _warmup(self, run: RunHistory) -> Iterator[Finding]:
        steps = series.number(run.config.get("warmup_steps"))
        planned = series.whole(run.config.get("max_steps"))
        if steps is None or planned is None:
            return
        tenth = (max(1, planned // 10), f"a tenth of the {planned} steps")
        if steps < 0:
            yield self._one("warmup_steps", steps, tenth, "it is a number of steps")
        elif steps >= planned:
            why = f"the run has {planned} steps, so its rate only rises and never reaches its peak"
            yield self._one("warmup_steps", steps, tenth, why)
