"""Rule R604: the log has another number of steps per epoch than the settings give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["PlanDoesNotMatchLog"]


def _resumed(run: RunHistory) -> RunHistory:
    """Return an example in which each epoch from the fourth on has twice the steps."""
    steps = (100, 200, 300, 500, 700, 900)
    epochs = (replace(point, step=step) for point, step in zip(run.epochs, steps, strict=True))
    return replace(run, epochs=tuple(epochs))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDoesNotMatchLog(Rule[RunHistory]):
    """The log does not match the plan: an epoch has other steps than the settings give.

    Why it matters: the run did not do what its settings say. More devices than thought, or
    accumulated steps, make a larger effective batch, for which the learning rate was not chosen; a
    run that was resumed with another batch size follows a schedule made for other steps.

    What to change: the batch size, so that the effective batch is the one that was meant.

    Source: steps per epoch = sentences / (batch x accumulated steps x devices), rounded up, and one
    step more or less for a last incomplete batch. Only whole factors from 2 on are told: windows
    make more steps, and filtered data make a few less.
    """

    id: ClassVar = "R604"
    name: ClassVar = "plan-does-not-match-log"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "Half of the data or more was filtered out before the training."
    bad: ClassVar = {
        "four devices that nobody counted": run_example(
            f1=(0.5, 0.6, 0.7), steps_per_epoch=25, batch_size=8, dataset={"train_sentences": 800}
        ),
        "resumed with half the batch": _resumed(
            run_example(f1=(0.5, 0.6, 0.7, 0.71, 0.72, 0.73), batch_size=16)
        ),
    }
    good: ClassVar = {
        "as planned": run_example(
            f1=(0.5, 0.6), steps_per_epoch=100, batch_size=8, dataset={"train_sentences": 800}
        ),
        "a last incomplete batch": run_example(
            f1=(0.5, 0.6), steps_per_epoch=13, batch_size=16, dataset={"train_sentences": 208}
        ),
        "accumulated steps": run_example(
            f1=(0.5, 0.6), steps_per_epoch=25, batch_size=8, gradient_accumulation_steps=4,
            dataset={"train_sentences": 800},
        ),
        "four devices, and recorded": run_example(
            f1=(0.5, 0.6), steps_per_epoch=25, batch_size=8, num_devices=4,
            dataset={"train_sentences": 800},
        ),
        "more steps: long sentences were cut into windows": run_example(
            f1=(0.5, 0.6), steps_per_epoch=140, batch_size=8, dataset={"train_sentences": 800}
        ),
        "fewer steps: a third of the data was filtered": run_example(
            f1=(0.5, 0.6), steps_per_epoch=67, batch_size=8, dataset={"train_sentences": 800}
        ),
        "an estimate is no plan": run_example(
            f1=(0.5, 0.6), steps_per_epoch=25, batch_size=8,
            dataset={"train_sentences_estimated": 800},
        ),
    }  # fmt: skip

    tolerance: float = 0.05
    """Difference that is no mismatch, as a share: logs round epochs, and loaders drop the rest."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the steps per epoch with the settings, and with those of the epochs before."""
        found = _steps_per_epoch(run)
        if len(found) < 2:
            return NotApplicable(reason="the run logged the steps of fewer than 2 whole epochs")
        changed = self._change(found)
        if changed is not None:
            return [self._changed(run, *changed)]
        planned = _planned(run)
        if planned is None:
            return []
        logged = median(steps for _, steps in found)
        factor = round(planned / logged)
        # Windows make more steps and filters make fewer; devices and accumulation divide them.
        if factor < 2 or abs(planned / factor - logged) > max(1.5, self.tolerance * logged):
            return []
        return [self._mismatch(run, logged, planned)]

    def _change(self, found: Sequence[tuple[float, float]]) -> tuple[float, float, float] | None:
        """Return the epoch of the first lasting change, and the steps before and after."""
        for place, ((_, before), (epoch, after)) in enumerate(pairwise(found)):
            later = [steps for _, steps in found[place + 1 :]]
            earlier = [steps for _, steps in found[: place + 1]]
            apart = max(1.5, 4 * self.tolerance * before)
            if abs(after - before) > apart and len(later) >= 2 and len(earlier) >= 2:
                steady = max(_spread(later), _spread(earlier))
                if steady <= max(1.5, self.tolerance * before):
                    return epoch, before, after
        return None

    def _changed(self, run: RunHistory, epoch: float, before: float, after: float) -> Finding:
        batch = series.whole(run.config.get("batch_size"))
        message = (
            f"From epoch {epoch:g} on an epoch has {after:.0f} steps instead of {before:.0f}: the "
            "run went on with another batch size or other data."
        )
        return self._finding(message, before, after, _batch(batch, after / before))

    def _mismatch(self, run: RunHistory, logged: float, planned: int) -> Finding:
        batch = series.whole(run.config.get("batch_size"))
        factor = planned / logged
        message = (
            f"An epoch has {logged:.0f} steps, but the settings give {planned}: the effective "
            f"batch was {factor:.2g} times what they say."
        )
        return self._finding(message, planned, logged, _batch(batch, logged / planned))

    def _finding(self, message: str, expected: float, logged: float, fix: Fix) -> Finding:
        return self.finding(
            message,
            evidence=[
                Evidence(label="steps per epoch expected", value=round(expected)),
                Evidence(label="steps per epoch logged", value=round(logged)),
            ],
            fixes=[fix],
        )


def _batch(old: int | None, factor: float) -> Fix:
    new = max(1, round((old or 1) * factor))
    if new == old:
        new = old + 1 if factor > 1 else max(1, old - 1)
    if new == old:
        return Fix(text="Train on fewer devices or with fewer accumulated steps.")
    return Fix(
        text="Set the batch size that gives the effective batch that was meant.",
        parameter="batch_size",
        old=old,
        new=new,
        how=f"the present one x {factor:.2g}, the ratio of the steps per epoch",
    )


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _steps_per_epoch(run: RunHistory) -> list[tuple[float, float]]:
    """Return (epoch, steps per epoch) of each stretch of at least half an epoch."""
    found = []
    epoch, step = 0.0, 0
    for point in run.epochs:
        if point.step is None or point.number - epoch < 0.5:
            continue
        found.append((point.number, (point.step - step) / (point.number - epoch)))
        epoch, step = point.number, point.step
    return found


def _planned(run: RunHistory) -> int | None:
    """Return the steps that an epoch should have; None where a figure is missing or estimated."""
    sentences = series.whole(run.dataset.get("train_sentences"))
    batch = series.whole(run.config.get("batch_size"))
    if sentences is None or batch is None:
        return None
    devices = series.whole(run.config.get("num_devices")) or 1
    accumulated = series.whole(run.config.get("gradient_accumulation_steps")) or 1
    return math.ceil(math.ceil(sentences / (batch * devices)) / accumulated)
