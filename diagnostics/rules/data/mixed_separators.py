"""D120: lines whose columns are parted by another character than the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["MixedSeparators"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedSeparators(DataRule):
    """Columns are parted by tabs in some lines and by blanks in others.

    Why it matters: where a word may hold blanks, nobody can tell what parts the columns, and a
    training stops. Where every line could be read, other programs that cut at tabs alone still
    fail.

    What to change: one separator for the whole file; `--fix OUT` writes tabs.

    Source: the format itself.
    """

    id: ClassVar[str] = "D120"
    name: ClassVar[str] = "mixed-separators"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Tables whose columns are aligned with a mixture on purpose."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "blanks in a file of tabs": DataSample(
            train="New York\tB-LOC\nrose\tO\n.\tO\n\nBell B-PER\nin Oslo\tO\nleft\tO\n"
        ),
        "tabs among blanks": DataSample(train="Bell B-PER\nleft O\n. O\n\nAcme\tB-ORG\nrose O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "tabs and blanks in every line": DataSample(train="Bell \tB-PER\nleft \tO\n"),
        "tabs, and words with blanks": DataSample(train="New York\tB-LOC\nrose\tO\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines: an error where a training would stop."""
        return [
            self.finding(
                f"{found.number('line')} of {found.split} {found.verb('parts its', 'part their')} "
                "columns by another character than the "
                f"others{'' if stops else '; all could be read'}.",
                evidence=found.evidence("lines with another separator"),
                fixes=[Fix(text="Write one separator in all lines; `--fix OUT` writes tabs.")],
                places=found.places,
                severity=Severity.ERROR if stops else Severity.INFO,
            )
            for kind, stops in (("mixed-separators", True), ("separators-differ", False))
            for found in reading_problems(subject, kind)
        ]
