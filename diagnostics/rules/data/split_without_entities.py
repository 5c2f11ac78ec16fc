"""D303: not a single entity in a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["SplitWithoutEntities"]

_ANNA, _NOBODY = "Anna B-PER\nsleeps O\n\n", "It O\nrains O\n\n"
_CONSEQUENCE = {
    "train": "there is nothing to learn from it",
    "dev": "F1 is 0 or undefined whatever the model does",
    "test": "F1 is 0 or undefined whatever the model does; test files of shared tasks often come "
    "without labels",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitWithoutEntities(DataRule):
    """A split holds no entity at all.

    Why it matters: from such a training split a model learns to answer O, and on such a development
    split every epoch and every setting scores the same.

    What to change: read another column (`--columns`), or another file.

    Source: the definition of F1.
    """

    id: ClassVar[str] = "D303"
    name: ClassVar[str] = "split-without-entities"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The labels stand in a column that was not read."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "dev without labels": DataSample(train=_ANNA * 5, dev=_NOBODY * 5),
        "test without labels, a warning": DataSample(train=_ANNA * 5, test=_NOBODY * 5),
        "train without labels": DataSample(train=_NOBODY * 5),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one entity in each": DataSample(train=_ANNA + _NOBODY, dev=_ANNA + _NOBODY),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split that holds sentences but no entity."""
        fix = Fix(text="Choose the column of the tags with `--columns token=0,tag=-1`.")
        return [
            self.finding(
                f"{_none_of(sizes.words)} of {SPLITS[name]} is in an entity: {_CONSEQUENCE[name]}.",
                evidence=[Evidence(label=f"entities in {name}", value=0)],
                fixes=[fix, Fix(text="Or give a file that is labelled.")],
                severity=Severity.WARNING if name == "test" else Severity.ERROR,
            )
            for name, sizes in Sizes.of(subject).splits.items()
            if not sizes.entities
        ]


def _none_of(words: int) -> str:
    return "Not even the only word" if words == 1 else f"None of the {counted(words, 'word')}"
