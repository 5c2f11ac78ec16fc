"""D119: records that annotators rejected, or labelled several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["RecordsLeftOut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsLeftOut(DataRule):
    """Records were left out, or one of several annotators' versions was taken.

    Why it matters: records without words, rejected or not labelled yet do not count, so there is
    less data than the file has records. Where several annotators labelled a text the first one
    counts, and their disagreement is not looked at.

    What to change: nothing when that is meant; else export what shall count.

    Source: the exports of Label Studio and Prodigy.
    """

    id: ClassVar[str] = "D119"
    name: ClassVar[str] = "records-left-out"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The records are left out on purpose."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a rejected record": DataSample(
            train='{"text": "Bell left", "spans": [], "answer": "reject"}\n'
            '{"text": "Bell left", "spans": [], "answer": "accept"}\n',
            format="json-spans",
        ),
        "a record without words": DataSample(
            train='{"tokens": [], "tags": []}\n{"tokens": ["Bell"], "tags": ["B-PER"]}\n',
            format="json-tokens",
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "an accepted record": DataSample(
            train='{"text": "Bell left", "spans": [], "answer": "accept"}\n', format="json-spans"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such records."""
        return [
            self.finding(
                f"{found.number('record')} of {found.split} {found.verb('was', 'were')} left out "
                f"or taken from one of several annotators; the first: {found.first.message}",
                evidence=found.evidence("records left out"),
                fixes=[Fix(text="Export what shall count, when that is not what was meant.")],
                places=found.places,
            )
            for found in reading_problems(
                subject, "skipped-record", "empty-record", "several-annotations"
            )
        ]
