"""D118: spans that are repeated, empty, or have white space at their edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.rules.data._evidence.wording import listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["UntidySpans"]

KINDS = {
    "repeated-span": "given twice",
    "empty-span": "without a word",
    "white-space-in-span": "with white space at an edge",
    "span-over-lines": "over a line break",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UntidySpans(DataRule):
    """Labelled spans are given twice, hold no word, or run over white space.

    Why it matters: they were read as they are meant, but other programs count them twice, refuse
    them, or learn that an entity ends in a blank.

    What to change: nothing for `tuner`; `--fix OUT` writes each span once and without white space.

    Source: spaCy refuses entities with white space at their edges (E024, E1010).
    """

    id: ClassVar[str] = "D118"
    name: ClassVar[str] = "untidy-spans"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Several annotators' spans stand in one list on purpose."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "the same span twice": DataSample(
            train='{"text": "Bell left", "label": [[0, 4, "PER"], [0, 4, "PER"]]}\n',
            format="json-spans",
        ),
        "over a line break": DataSample(
            train='{"text": "Anna\\nBell", "label": [[0, 9, "PER"]]}\n', format="json-spans"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "two entities": DataSample(
            train='{"text": "Bell Oslo", "label": [[0, 4, "PER"], [5, 9, "LOC"]]}\n',
            format="json-spans",
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such spans, the kinds counted one by one."""
        return [
            self.finding(
                f"{found.number('span')} of {found.split} {found.verb('is', 'are')} untidy: "
                + listed([f"{count:,} {KINDS[kind]}" for kind, count in counts.items()])
                + ".",
                evidence=[
                    Evidence(label=f"spans {KINDS[kind]} in {found.name}", value=count)
                    for kind, count in counts.items()
                ],
                fixes=[Fix(text="Write each span once and without white space; `--fix OUT` does.")],
                places=found.places,
            )
            for found in reading_problems(subject, *KINDS)
            if (counts := _counts(subject, found.name))
        ]


def _counts(subject: Dataset, split: str) -> dict[str, int]:
    counts = subject.splits[split].counts
    return {kind: counts[kind] for kind in KINDS if kind in counts}
