"""D122: a file that is not UTF-8, so that its encoding was guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["UnknownEncoding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEncoding(DataRule):
    """A file is not UTF-8; it was taken for Windows-1252 or Latin-1, which fit any bytes.

    Why it matters: texts in another encoding (Cyrillic, Central European, Chinese) come out as
    other letters, without any error.

    What to change: save the file as UTF-8 from a program that knows its encoding; `--fix OUT`
    writes UTF-8 from the guess.

    Source: single-byte encodings cannot be told apart by their bytes alone.
    """

    id: ClassVar[str] = "D122"
    name: ClassVar[str] = "unknown-encoding"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The words look right: then the guess is right."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "Latin-1": DataSample(train="M\udcfcller B-PER\nging O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "UTF-8": DataSample(train="Müller B-PER\nging O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split whose encoding was guessed."""
        return [
            self.finding(
                f"{found.split.capitalize()} is not UTF-8, and was read as "
                f"{subject.splits[found.name].facts.get('encoding', 'another encoding')} by guess.",
                evidence=found.evidence("lines that are not UTF-8"),
                fixes=[
                    Fix(text="Save it as UTF-8; `--fix OUT` does, if the words look right here.")
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "not-utf-8")
        ]
