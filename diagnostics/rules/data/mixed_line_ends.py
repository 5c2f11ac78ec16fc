"""D123: lines that end in different characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["MixedLineEnds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedLineEnds(DataRule):
    """Lines end in different characters: line feed, carriage return, or both.

    Why it matters: carriage returns alone glue lines together in most programs, and so words to
    tags. A mixture of the other two leaves a carriage return at the end of some tags in programs
    that do not cut it off, so that the tag `O` counts as two.

    What to change: one line end for all; `--fix OUT` writes line feeds.

    Source: the line ends of Unix, Windows and the old Macintosh.
    """

    id: ClassVar[str] = "D123"
    name: ClassVar[str] = "mixed-line-ends"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D101",)
    doubt: ClassVar[str] = "All programs that read the file cut line ends off as text editors do."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a part from Windows": DataSample(train="Bell B-PER\r\nleft O\n. O\n"),
        "carriage returns alone": DataSample(train="Bell B-PER\nleft O\nfor O\rOslo B-LOC\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "Windows throughout": DataSample(train="Bell B-PER\r\nleft O\r\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines: a warning where lines are glued together."""
        return [
            self.finding(
                f"{found.number('line')} of {found.split} {found.verb('ends', 'end')} in another "
                "character than the "
                f"others{', which glues lines together' if glued else '; all could be read'}.",
                evidence=found.evidence("lines with another end"),
                fixes=[Fix(text="Save the file with one line end; `--fix OUT` writes line feeds.")],
                places=found.places,
                severity=Severity.WARNING if glued else Severity.INFO,
            )
            for kind, glued in (("carriage-return-inside", True), ("mixed-line-ends", False))
            for found in reading_problems(subject, kind)
        ]
