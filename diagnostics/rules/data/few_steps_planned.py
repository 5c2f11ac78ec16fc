"""D308: the planned batch size and epochs give too few optimizer steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import reference_values, series
from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.small_data import enough_epochs, steps_per_epoch
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["FewStepsPlanned"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class FewStepsPlanned(DataRule):
    """The plan makes too few optimizer steps for this data.

    Why it matters: the classification head starts at random and each step moves it a little. A few
    dozen steps normally end with a model that answers O everywhere, at any learning rate.

    What to change: enough epochs for about 400 steps, or smaller batches.

    Source: 39 steps usually end at F1 0; a public run of 13 steps per epoch reached F1 0.757 after
    20 epochs (260 steps).
    """

    id: ClassVar[str] = "D308"
    name: ClassVar[str] = "few-steps-planned"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "The head is not new: the model was already trained for these labels."
    measures: ClassVar = (Sizes,)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "3 epochs of 13 steps": DataSample(train=_ANNA * 208, plan={"batch_size": 16, "epochs": 3}),
        "no batch size is planned": DataSample(train=_ANNA * 40, plan={"epochs": 2}),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "20 epochs of 13 steps": DataSample(
            train=_ANNA * 208, plan={"batch_size": 16, "epochs": 20}
        ),
        "nothing is planned": DataSample(train=_ANNA * 208),
    }

    least_steps: int = 100
    """Optimizer steps in all below which it is worth a line."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Compute the steps of the plan."""
        train = Sizes.of(subject).train
        epochs = series.number(subject.plan.get("epochs"))
        if epochs is None or epochs <= 0:
            return NotApplicable(reason="no number of epochs is planned")
        if train is None:
            return NotApplicable(reason="there is nothing to train on")
        per_epoch = steps_per_epoch(subject, train.sentences)
        total = math.ceil(per_epoch * epochs)
        if total >= self.least_steps:
            return []
        return [
            self.finding(
                f"{counted(train.sentences, 'sentence')} give {counted(per_epoch, 'step')} per "
                f"epoch, {total} in all: a classification head that starts at random usually "
                f"needs {reference_values.USUAL_STEPS}.",
                evidence=[
                    Evidence(label="optimizer steps per epoch", value=per_epoch),
                    Evidence(label="planned optimizer steps", value=total),
                ],
                fixes=[
                    *enough_epochs(subject, train.sentences),
                    *_smaller(subject, train.sentences),
                ],
            )
        ]


def _smaller(subject: Dataset, sentences: int) -> list[Fix]:
    old, new = series.whole(subject.plan.get("batch_size")), 4
    if sentences > 0:
        new = reference_values.batch_size_for(sentences)
    if old is None or new >= old:
        return []
    return [
        Fix(
            text=f"Train in batches of {new}.",
            parameter="batch_size",
            old=old,
            new=new,
            how="2^floor(log2(sentences / 20)), from 4 to 32",
        )
    ]
