"""D107: words and tags written as strings in place of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["TagsInOneString"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsInOneString(DataRule):
    """The words of a sentence, and their tags, stand in one string each.

    Why it matters: they were cut at blanks and fit, but other programs take the strings for a text
    and a label. A word with a blank inside would shift all tags behind it.

    What to change: nothing for `tuner`; `--convert json-tokens OUT` writes lists.

    Source: exports of data frames to CSV and JSON.
    """

    id: ClassVar[str] = "D107"
    name: ClassVar[str] = "tags-in-one-string"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "All programs that read the data cut the strings at blanks."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "two strings": DataSample(
            train='{"text": "Bell left", "tags": "B-PER O"}\n', format="json-tokens"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "two lists": DataSample(
            train='{"tokens": ["Bell", "left"], "tags": ["B-PER", "O"]}\n', format="json-tokens"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such records."""
        return [
            self.finding(
                f"{found.number('record')} of {found.split} "
                f"{found.verb('holds its', 'hold their')} words and tags in one string each; they "
                "were cut at blanks.",
                evidence=found.evidence("records of strings"),
                fixes=[Fix(text="Write them as lists with `--convert json-tokens OUT`.")],
                places=found.places,
            )
            for found in reading_problems(subject, "tags-in-one-string")
        ]
