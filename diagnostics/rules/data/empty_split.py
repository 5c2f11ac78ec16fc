"""D411: a file was given for a split, and it holds no sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset, Split

__all__ = ["EmptySplit"]

_RECORD = '{"tokens": ["Anna", "sleeps"], "ner_tags": ["B-PER", "O"]}\n'
_NOTHING = '{"tokens": [], "ner_tags": []}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptySplit(DataRule):
    """A file was given for a split, and no sentence could be read from it.

    Why it matters: nothing is trained or scored on it, and who believes otherwise finds out last.

    What to change: check the file, its format and its columns.

    Source: spaCy's `debug data` passes an empty development set as one without overlap.
    """

    id: ClassVar[str] = "D411"
    name: ClassVar[str] = "empty-split"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The file was not finished when it was read."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a record without words": DataSample(train=_RECORD, dev=_NOTHING, format="json-tokens"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one sentence each": DataSample(train=_RECORD, dev=_RECORD, format="json-tokens"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split without sentences."""
        return [
            self._finding(name, split)
            for name, split in subject.splits.items()
            if not split.sentences
        ]

    def _finding(self, name: str, split: Split) -> Finding:
        met = sum(split.counts.values())
        problems = f", {counted(met, 'problem')} on the way" if met else ""
        return self.finding(
            f"No sentence could be read for {SPLITS[name]} (format {split.format}{problems}); "
            "expected at least one, of words with their tags.",
            evidence=[Evidence(label=f"sentences in {name}", value=0)],
            fixes=[
                Fix(
                    text="Give a file that holds labelled sentences, and name its columns with "
                    "`--columns` if they were not found."
                )
            ],
            places=[Place(file=file) for file in split.files],
        )
