"""D124: header lines or byte order marks in the middle of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["TracesOfJoinedFiles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracesOfJoinedFiles(DataRule):
    """Header lines or byte order marks stand in the middle of a file: several files were joined.

    Why it matters: they were left out here, but other programs read them as words with tags. Where
    files are joined without a blank line, two sentences become one.

    What to change: remove them; `--fix OUT` does.

    Source: judgement.
    """

    id: ClassVar[str] = "D124"
    name: ClassVar[str] = "traces-of-joined-files"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "A sentence that speaks about words and tags."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a second header": DataSample(train="token\ttag\nBell\tB-PER\n" * 2 + "left\tO\n"),
        "a byte order mark": DataSample(train="Bell B-PER\nleft O\n\n\ufeffAcme B-ORG\nrose O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a header and a mark at the start": DataSample(
            train="\ufefftoken\ttag\nBell\tB-PER\nleft\tO\n"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines."""
        return [
            self.finding(
                f"{found.number('line')} of {found.split} "
                f"{found.verb('is a trace', 'are traces')} of files that were joined, and "
                f"{found.verb('was', 'were')} passed over: {found.first.message}",
                evidence=found.evidence("traces of joined files"),
                fixes=[
                    Fix(text="Remove these lines or marks; `--fix OUT` writes a copy without them.")
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "repeated-header", "byte-order-mark-inside")
        ]
