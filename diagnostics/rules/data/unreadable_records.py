"""D104: records that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["UnreadableRecords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRecords(DataRule):
    """Records or a part of the file cannot be read.

    Why it matters: what they hold is missing from the split, and a training stops there. A file
    that ends inside a record was not written or copied completely, so more may be missing than is
    seen.

    What to change: write or copy the file again; mend single lines by hand.

    Source: the JSON and CSV formats themselves.
    """

    id: ClassVar[str] = "D104"
    name: ClassVar[str] = "unreadable-records"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Log lines or comments stand between the records, and nothing is lost."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a broken line of JSON": DataSample(
            train='{"tokens": ["Bell"], "tags": ["B-PER"]}\n{"tokens": ["Bell", "tags": ["O"]}\n'
            '{"tokens": ["left"], "tags": ["O"]}\n',
            format="json-tokens",
        ),
        "cut off": DataSample(
            train='[{"tokens": ["Bell"], "tags": ["B-PER"]}, {"tokens": ["le', format="json-tokens"
        ),
        "a quotation mark that never closes": DataSample(
            train='Sentence #,Word,Tag\n1,Bell,B-PER\n,",O\n,left,O\n', format="kaggle-csv"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "records over several lines": DataSample(
            train='[\n {"tokens": ["Bell"],\n  "tags": ["B-PER"]}\n]\n', format="json-tokens"
        ),
        "a quotation mark as a word": DataSample(
            train='Sentence #,Word,Tag\n1,Bell,B-PER\n,"""",O\n', format="kaggle-csv"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such places."""
        return [
            self.finding(
                f"{found.number('place')} of {found.split} cannot be read; the first: "
                f"{found.first.message.rstrip('.')[:160]}.",
                evidence=found.evidence("unreadable places"),
                fixes=[
                    Fix(
                        text="Mend these lines, or write the file again; `--fix OUT` writes a "
                        "copy without them."
                    )
                ],
                places=found.places,
            )
            for found in reading_problems(
                subject,
                "broken-json",
                "truncated-json",
                "unclosed-quote",
                "no-tokens",
                "no-text",
                "reading-stopped",
            )
        ]
