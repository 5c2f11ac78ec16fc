"""D409: there is no development split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["NoDevelopmentSplit"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDevelopmentSplit(DataRule):
    """There is no development split: one is taken out of train at random.

    Why it matters: epochs and settings are chosen on it. One that is drawn by chance from the same
    documents as train flatters, and differs from the one that somebody else draws.

    What to change: divide once, by documents if the texts have any, and keep the files.

    Source: usual practice; training takes 15 % of the sentences, in proportion to the labels.
    """

    id: ClassVar[str] = "D409"
    name: ClassVar[str] = "no-development-split"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Scores come from cross-validation."
    measures: ClassVar = (Sizes,)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "train alone": DataSample(train=_ANNA * 100),
        "nothing to take it from": DataSample(train=_ANNA),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "train and dev": DataSample(train=_ANNA * 100, dev=_ANNA * 10),
    }

    share: float = 0.15
    """Share of train that training takes for it, from 0 to 1."""

    fewest: int = 2
    """Sentences with entities that are needed to make one: each side needs one."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Look for a development split."""
        train = Sizes.of(subject).train
        if train is None:
            return NotApplicable(reason="there is no training sentence")
        if "dev" in subject.splits:
            return []
        if train.sentences_with_entities < self.fewest:
            return [self._none_can_be_made(train)]
        out = max(1, round(self.share * train.sentences))
        return [
            self.finding(
                f"There is no development split: training takes about {counted(out, 'sentence')} "
                f"of {train.sentences:,} out of train for it, in proportion to the labels.",
                evidence=[
                    Evidence(label="training sentences", value=train.sentences),
                    Evidence(label="sentences taken for dev", value=out),
                ],
                fixes=[
                    Fix(
                        text="Divide once and keep the files: `tuner check DATA --fix OUT` writes "
                        f"train ({counted(train.sentences - out, 'sentence')}) and dev ({out:,})."
                    ),
                    Fix(text="Or name a file with `--dev FILE`."),
                ],
            )
        ]

    def _none_can_be_made(self, train: SplitSizes) -> Finding:
        with_entities = counted(train.sentences_with_entities, "training sentence")
        verb = "holds" if train.sentences_with_entities == 1 else "hold"
        return self.finding(
            f"There is no development split, and none can be taken out of train: {with_entities} "
            f"{verb} an entity, and each side needs one.",
            evidence=[Evidence(label="training sentences", value=train.sentences)],
            fixes=[Fix(text="Name a file with `--dev FILE`, or label more sentences.")],
        )
