"""D402: sentences of dev or test stand word for word in another split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.repeats import LEAST_WORDS, Alike, Repeats, RepeatsFound
from diagnostics.rules.data._evidence.split_samples import SENTENCES
from diagnostics.rules.data._evidence.wording import SPLITS, counted, percent
from diagnostics.subjects.dataset import Dataset

__all__ = ["SentencesInTwoSplits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencesInTwoSplits(DataRule):
    """Sentences of dev or test stand word for word in train, or those of test in dev.

    Why it matters: what was learned by heart is scored as if it were understood, so the score is
    too good, and the more so the longer one trains.

    What to change: take them out of train, never out of test: `--fix OUT` does. Then divide by
    documents, so that texts with much in common stay on one side.

    Source: spaCy's `debug data` warns of any such document, deepchecks from 5 % on; above 1 % it is
    a warning here. Letter case and white space are ignored, and so are sentences of fewer than six
    words, which are headings and phrases.
    """

    id: ClassVar[str] = "D402"
    name: ClassVar[str] = "sentences-in-two-splits"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D406",)
    doubt: ClassVar[str] = "The texts that the model is meant for repeat these sentences, too."
    measures: ClassVar = (Repeats,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "half of dev is in train": DataSample(
            train="".join(SENTENCES[:20]), dev="".join(SENTENCES[15:25])
        ),
        "all of test is in dev": DataSample(
            train="".join(SENTENCES[:5]),
            dev="".join(SENTENCES[5:20]),
            test="".join(SENTENCES[5:15]),
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "nothing in common": DataSample(
            train="".join(SENTENCES[:20]), dev="".join(SENTENCES[20:25])
        ),
        "short phrases": DataSample(
            train="Yes O\n, O\nAnna B-PER\n\n" * 9, dev="Yes O\n, O\nAnna B-PER\n\n" * 3
        ),
    }

    many: float = 0.01
    """Share of the sentences of six or more words above which a warning is due."""

    fewest: int = 10
    """Repeated sentences from which, if they are all that a split has, its score is void."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each pair of splits that have sentences in common."""
        found = Repeats.of(subject)
        return [
            self._finding(found, later, earlier, alike)
            for (later, earlier), alike in found.across.items()
            if (earlier, later) not in found.same
        ]

    def _finding(self, found: RepeatsFound, later: str, earlier: str, alike: Alike) -> Finding:
        whole = alike.count == alike.of >= self.fewest
        void = f": the score on {later} says nothing about other sentences" if whole else ""
        verb = "stands" if alike.count == 1 else "stand"
        return self.finding(
            f"{alike.count:,} of {counted(alike.of, 'sentence')} of {SPLITS[later]} "
            f"({percent(alike.count / alike.of)}; those of {LEAST_WORDS} or more words) {verb} "
            f"word for word in {SPLITS[earlier]}{void}.",
            evidence=[
                Evidence(label=f"{later} sentences in {earlier}", value=alike.count),
                Evidence(label=f"share of {later} in {earlier}", value=alike.count / alike.of),
            ],
            fixes=_fixes(found, later, earlier),
            severity=self._severity(alike, whole=whole),
            places=alike.places,
        )

    def _severity(self, alike: Alike, *, whole: bool) -> Severity:
        if whole:
            return Severity.ERROR
        return Severity.WARNING if alike.count / alike.of > self.many else Severity.INFO


def _fixes(found: RepeatsFound, later: str, earlier: str) -> list[Fix]:
    others = counted(found.removable[later, earlier], "sentence")
    return [
        Fix(
            text=f"Take {others} out of {earlier}; `tuner check DATA --fix OUT` writes a copy "
            "without them."
        ),
        Fix(text="Divide by documents or sources, not by sentences, if the texts have any."),
    ]
