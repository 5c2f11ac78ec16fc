"""D305: nearly all words are outside entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.wording import SPLITS, counted, percent
from diagnostics.subjects.dataset import Dataset

__all__ = ["HardlyAnyEntities"]

_ANNA, _NONE = "Anna B-PER\nsleeps O\n\n", "It O\nrains O\n\n"
_LONG = "Anna B-PER\n" + "and O\n" * 99 + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardlyAnyEntities(DataRule):
    """Nearly all words of the training split are outside entities.

    Why it matters: a model that always answers O has that share of the words right, so accuracy
    says nothing, and the first epochs bring nothing but that answer. Most of the time of an epoch
    goes into sentences from which no label is learned.

    What to change: watch F1 of entities. Drop part of the sentences without entities from the
    training split (never from dev and test), at least for the first trials.

    Source: judgement; keeping at most as many sentences without entities as with them is usual.
    """

    id: ClassVar[str] = "D305"
    name: ClassVar[str] = "hardly-any-entities"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "Entities are that rare in the texts that the model is meant for."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "1 word of 100": DataSample(train=_LONG * 5),
        "3 sentences of 100": DataSample(train=_ANNA * 3 + _NONE * 97),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "1 word of 20": DataSample(train=_ANNA * 10 + _NONE * 90),
    }

    outside: float = 0.98
    """Share of words outside entities above which it is worth a line."""

    with_entities: float = 0.05
    """Share of sentences with entities below which it is worth a line."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the shares of words and sentences without entities in the training split."""
        train = Sizes.of(subject).train
        if train is None or not train.entities:
            return []
        share = train.sentences_with_entities / train.sentences
        if train.outside_share <= self.outside and share >= self.with_entities:
            return []
        return [
            self.finding(
                f"{train.outside_share:.1%} of the words of {SPLITS['train']} are outside "
                f"entities, and {percent(share)} of its sentences hold one: always answering O has "
                f"an accuracy of {train.outside_share:.3f}, and F1 0.",
                evidence=[
                    Evidence(label="accuracy of always answering O", value=train.outside_share),
                    Evidence(label="share of sentences with entities", value=share),
                ],
                fixes=self._fixes(train),
            )
        ]

    def _fixes(self, train: SplitSizes) -> list[Fix]:
        watch = Fix(text="Watch F1 of entities, never accuracy.")
        without = train.sentences - train.sentences_with_entities
        spare = without - train.sentences_with_entities
        if spare <= 0:
            return [watch]
        return [
            watch,
            Fix(
                text=f"For the first trials, leave {counted(spare, 'training sentence')} without "
                f"entities out: as many as with entities stay, and an epoch takes "
                f"{1 - spare / train.sentences:.0%} of the time. Leave dev and test as they are."
            ),
        ]
