"""D117: spans that start or end inside words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["SpansOffWordEdges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpansOffWordEdges(DataRule):
    """Labelled spans start or end inside a word, which was divided there.

    Why it matters: as a rule the offsets are off by one or two, and an entity gained or lost
    letters. The pieces of the word are no words that a model will meet in use.

    What to change: move the edges to the edges of the words.

    Source: spaCy warns of such entities and leaves them out (`misaligned entities`).
    """

    id: ClassVar[str] = "D117"
    name: ClassVar[str] = "spans-off-word-edges"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = (
        "Texts whose words are joined by a mark or without blanks, such as `UK-based`."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one letter short": DataSample(
            train='{"text": "Anna Bell left", "label": [[0, 8, "PER"]]}\n', format="json-spans"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a full stop behind": DataSample(
            train='{"text": "Anna Bell.", "label": [[0, 9, "PER"]]}\n', format="json-spans"
        ),
        "a blank too much": DataSample(
            train='{"text": "Anna Bell left", "label": [[0, 10, "PER"]]}\n', format="json-spans"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such spans."""
        return [
            self.finding(
                f"{found.number('span')} of {found.split} "
                f"{found.verb('starts or ends', 'start or end')} inside a word, which was divided "
                "there.",
                evidence=found.evidence("spans off word edges"),
                fixes=[
                    Fix(text="Move the edges of these spans to the edges of words."),
                    Fix(
                        text="When all of a file are off, its offsets count bytes, or line ends "
                        "of two characters."
                    ),
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "span-inside-word")
        ]
