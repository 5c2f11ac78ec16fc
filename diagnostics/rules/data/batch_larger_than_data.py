"""Rule D602: one batch holds all or most of the training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.subjects.dataset import Dataset

__all__ = ["BatchLargerThanData"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLargerThanData(DataRule):
    """One batch holds a large part of the training data, so that an epoch is a step or two.

    Why it matters: weights change once per batch. With one step per epoch, ten epochs are ten
    steps, and a token classifier needs hundreds to leave "every word is O".

    What to change: a batch size that gives at least twenty steps per epoch.

    Source: the field's rule of thumb batch = 2^floor(log2(n / 20)), from 4 to 32; a public run of
    39 steps in all ends at F1 0.
    """

    id: ClassVar[str] = "D602"
    name: ClassVar[str] = "batch-larger-than-data"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D308",)
    doubt: ClassVar[str] = "The number of epochs is in the hundreds."
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "40 sentences in batches of 64": DataSample(train=_ANNA * 40, plan={"batch_size": 64}),
        "gradient accumulation counts": DataSample(
            train=_ANNA * 40, plan={"batch_size": 8, "gradient_accumulation_steps": 4}
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "ten steps per epoch": DataSample(train=_ANNA * 40, plan={"batch_size": 4}),
        "no batch size is planned": DataSample(train=_ANNA * 40),
    }

    most: float = 0.5
    """Share of the training sentences in one step from which on an epoch is too few steps."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the effective batch size with the number of training sentences."""
        train = subject.splits.get("train")
        size = subject.plan.get("batch_size")
        if train is None or not train.sentences or not isinstance(size, int) or size < 1:
            return []
        accumulated = subject.plan.get("gradient_accumulation_steps", 1)
        together = size * accumulated if isinstance(accumulated, int) else size
        if together <= self.most * train.sentences:
            return []
        steps = -(-train.sentences // together)
        new = min(32, max(4, 2 ** ((train.sentences // 20) or 1).bit_length() // 2))
        share = f"{together} of {train.sentences}"
        if together > train.sentences:
            share = f"all {train.sentences}"
        return [
            self.finding(
                f"One step takes {share} training sentences, so an epoch has {steps} "
                f"step{'' if steps == 1 else 's'}.",
                evidence=[
                    Evidence(label="effective batch size", value=together),
                    Evidence(label="training sentences", value=train.sentences),
                ],
                fixes=[
                    Fix(
                        text=f"Set batch_size to {new}, without gradient accumulation.",
                        parameter="batch_size",
                        old=size,
                        new=new,
                        how="2^floor(log2(sentences / 20)), from 4 to 32",
                    )
                ]
                if new != size
                else [
                    Fix(
                        text="Leave gradient accumulation out.",
                        parameter="gradient_accumulation_steps",
                        old=accumulated,
                        new=1,
                        how="the batch size is the smallest sensible one already",
                    )
                ],
            )
        ]
