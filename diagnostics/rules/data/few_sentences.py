"""D301: hardly any sentences to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.small_data import learn_more_from_few
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["FewSentences"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class FewSentences(DataRule):
    """There are few training sentences.

    Why it matters: each label is seen a handful of times, and a score changes by several points
    with the choice of sentences alone.

    What to change: label more sentences. Until then: enough epochs for 400 optimizer steps, a
    learning rate at the upper end of what is usual for the encoder, and scores from 5-fold
    cross-validation instead of one small development split.

    Source: spaCy's `debug data` fails below 100 documents (and warns below 2,000, which is meant
    for models that start from nothing). With a good encoder and easy labels 200 sentences can do: a
    public run reached F1 0.757, so between 100 and 200 it is a remark.
    """

    id: ClassVar[str] = "D301"
    name: ClassVar[str] = "few-sentences"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D302",)
    doubt: ClassVar[str] = "A model trained on half of the sentences scores the same."
    measures: ClassVar = (Sizes,)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "40 sentences": DataSample(train=_ANNA * 40),
        "150 sentences, a remark": DataSample(train=_ANNA * 150, plan={"epochs": 3}),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "200 sentences": DataSample(train=_ANNA * 200),
    }

    few: int = 100
    """Training sentences below which a warning is due; spaCy fails below it."""

    some: int = 200
    """Training sentences below which it is worth a line."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the number of training sentences with what usually suffices."""
        train = Sizes.of(subject).train
        if train is None or train.sentences >= self.some:
            return []
        few = train.sentences < self.few
        label = Fix(
            text=f"Label at least {counted(self.some - train.sentences, 'more sentence')}; those "
            "the model is least sure of teach it most."
        )
        return [
            self.finding(
                f"{counted(train.sentences, 'training sentence')} with "
                f"{counted(train.entities, 'entity')} {'is' if train.sentences == 1 else 'are'} "
                "few: a score changes by several points with the choice of sentences alone.",
                evidence=[
                    Evidence(label="training sentences", value=train.sentences),
                    Evidence(label="training entities", value=train.entities),
                ],
                fixes=[label, *learn_more_from_few(subject, train.sentences)],
                severity=Severity.WARNING if few else Severity.INFO,
                tier=Tier.CONCLUSIVE if few else Tier.HEURISTIC,
            )
        ]
