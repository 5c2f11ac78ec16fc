"""D102: records with another number of tags than words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["LengthsDiffer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthsDiffer(DataRule):
    """Records have another number of tags than of words, and cannot be read.

    Why it matters: nobody can say which tag belongs to which word. Programs that pair them up
    without counting shift every label behind the gap.

    What to change: label the words of these records again, as the export before the split into
    words may have them right.

    Source: the format itself; `datasets` and most training scripts do not compare the two lengths.
    """

    id: ClassVar[str] = "D102"
    name: ClassVar[str] = "lengths-differ"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The tags are given per character or per subword, and the words are not."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a tag too few": DataSample(
            train='{"tokens": ["Bell", "left"], "ner_tags": ["B-PER"]}\n'
            '{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", "O"]}\n',
            format="json-tokens",
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "as many tags as words": DataSample(
            train='{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", "O"]}\n', format="json-tokens"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such records."""
        return [
            self.finding(
                f"{found.number('record')} of {found.split} {found.verb('has', 'have')} another "
                f"number of tags than of words, and {found.verb('was', 'were')} left out.",
                evidence=found.evidence("records of two lengths"),
                fixes=[
                    Fix(
                        text="Label their words again, or write a copy without these records with "
                        "`--fix OUT`."
                    )
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "length-mismatch")
        ]
