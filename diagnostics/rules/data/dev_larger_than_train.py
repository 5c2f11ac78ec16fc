"""D412: the development split holds more sentences than the training split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["DevLargerThanTrain"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class DevLargerThanTrain(DataRule):
    """The development split is larger than the training split.

    Why it matters: sentences teach more in train than they tell in dev, and every epoch waits for
    them to be scored. Often the two files were swapped.

    What to change: swap the files, or move sentences to train.

    Source: usual practice is a tenth to a fifth of the sentences for dev.
    """

    id: ClassVar[str] = "D412"
    name: ClassVar[str] = "dev-larger-than-train"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "Learning from few sentences is what is tried out."
    measures: ClassVar = (Sizes,)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "20 and 100": DataSample(train=_ANNA * 20, dev=_ANNA * 100),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "100 and 20": DataSample(train=_ANNA * 100, dev=_ANNA * 20),
    }

    share: float = 0.2
    """Share of both splits that the fix leaves in dev, from 0 to 1."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the numbers of sentences."""
        splits = Sizes.of(subject).splits
        train, dev = splits.get("train"), splits.get("dev")
        if train is None or dev is None or dev.sentences <= train.sentences:
            return []
        move = dev.sentences - max(1, round(self.share * (train.sentences + dev.sentences)))
        return [
            self.finding(
                f"The development split holds {counted(dev.sentences, 'sentence')}, more than the "
                f"{train.sentences:,} of train.",
                evidence=[
                    Evidence(label="training sentences", value=train.sentences),
                    Evidence(label="development sentences", value=dev.sentences),
                ],
                fixes=[
                    Fix(text="Swap the files if they were mixed up."),
                    Fix(text=f"Else move {counted(move, 'sentence')} from dev to train."),
                ],
            )
        ]
