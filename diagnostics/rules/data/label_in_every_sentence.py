"""D304: no sentence without a label, or without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.wording import listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["LabelInEverySentence"]

_ANNA, _ROME = "Anna B-PER\nsleeps O\n\n", "Rome B-LOC\nshone O\n\n"
_BOTH, _NONE = "Anna B-PER\nleft O\nRome B-LOC\n\n", "It O\nrains O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelInEverySentence(DataRule):
    """Every training sentence holds a certain label, or at least some entity.

    Why it matters: a model that never sees a sentence without the label learns to find one
    everywhere. On real text, where most sentences hold none, that costs precision, and a
    development split of the same kind does not show it.

    What to change: add sentences without entities from the texts that the model is meant for.

    Source: spaCy's `debug data` checks that each label has examples without it, but only for
    labels with at most 50 examples; here the number of examples does not matter.
    """

    id: ClassVar[str] = "D304"
    name: ClassVar[str] = "label-in-every-sentence"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "The texts that the model is meant for are like that, too: forms, say."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a person in each of 60 sentences": DataSample(train=_ANNA * 30 + _BOTH * 30),
        "some entity in each": DataSample(train=_ANNA * 30 + _ROME * 30),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one sentence in ten without": DataSample(train=_ANNA * 54 + _NONE * 6),
        "too few sentences to say": DataSample(train=_ANNA * 10),
    }

    fewest: int = 50
    """Training sentences below which nothing is said."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look for labels that no sentence lacks; else whether no sentence lacks all."""
        train = Sizes.of(subject).train
        if train is None or train.sentences < self.fewest:
            return []
        always = [
            label for label, size in train.labels.items() if size.sentences == train.sentences
        ]
        if always:
            return [self._finding(train, listed(always))]
        if train.sentences_with_entities == train.sentences:
            return [self._finding(train, "some entity")]
        return []

    def _finding(self, train: SplitSizes, what: str) -> Finding:
        wanted = max(1, train.sentences // 10)
        return self.finding(
            f"Each of the {train.sentences:,} training sentences holds {what}: nothing shows the "
            "model a sentence without.",
            evidence=[Evidence(label="training sentences", value=train.sentences)],
            fixes=[
                Fix(
                    text=f"Add about {wanted:,} sentences without "
                    f"{'any entity' if what == 'some entity' else what} from the same kind of "
                    "text, with every word outside tagged O."
                )
            ],
        )
