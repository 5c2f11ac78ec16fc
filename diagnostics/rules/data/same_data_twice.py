"""D401: two splits hold the same sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.repeats import Repeats
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["SameDataTwice"]

_SCORE = {"train": "learning by heart", "dev": "the sentences that settings are chosen by"}
_ONE, _OTHER = "Anna B-PER\nsleeps O\n\nIt O\nrains O\n\n", "Rome B-LOC\nshone O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SameDataTwice(DataRule):
    """Two splits hold the same sentences: one file was given twice.

    Why it matters: a model is scored on what it learned by heart. The score tells nothing about
    other sentences, and the best epoch is the one that overfits most.

    What to change: give another file, or let a development split be taken out of train.

    Source: the definition of a held-out score. spaCy's `debug data` warns of it and goes on.
    """

    id: ClassVar[str] = "D401"
    name: ClassVar[str] = "same-data-twice"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D402", "D406")
    doubt: ClassVar[str] = "A trial of the commands, in which no score matters."
    measures: ClassVar = (Repeats,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "dev is train": DataSample(train=_ONE * 5, dev=_ONE * 5),
        "the same in another order": DataSample(train=_ONE + _OTHER, test=_OTHER + _ONE),
        "test is dev": DataSample(train=_ONE, dev=_OTHER * 3, test=_OTHER * 3),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "as many other sentences": DataSample(train=_ONE, dev=_OTHER * 2),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each pair of splits with the same content."""
        return [
            self._finding(subject, earlier, later) for earlier, later in Repeats.of(subject).same
        ]

    def _finding(self, subject: Dataset, earlier: str, later: str) -> Finding:
        split = subject.splits[later]
        fixes = [Fix(text=f"Give another file for {SPLITS[later]}.")]
        if (earlier, later) == ("train", "dev"):
            out = max(1, round(0.15 * split.sentences))
            fixes.append(
                Fix(
                    text="Or give none: training then takes a development split out of train, "
                    f"about {counted(out, 'sentence')} of {split.sentences:,}."
                )
            )
        those = "it is the same" if split.sentences == 1 else "they are the same"
        return self.finding(
            f"{SPLITS[later].capitalize()} holds {counted(split.sentences, 'sentence')}, and "
            f"{those} as in {SPLITS[earlier]}: its score would be one of {_SCORE[earlier]}.",
            evidence=[Evidence(label=f"sentences of {later} in {earlier}", value=split.sentences)],
            fixes=fixes,
            places=[Place(file=file) for file in split.files],
        )
