"""D121: bytes that are not UTF-8 in a file that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["DamagedEncoding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedEncoding(DataRule):
    """A file of UTF-8 holds bytes that are not, in some of its lines.

    Why it matters: the characters are lost; a training stops there. As a rule files of two
    encodings were joined, or a line was cut in the middle of a character.

    What to change: write these lines anew from their source.

    Source: the UTF-8 encoding itself.
    """

    id: ClassVar[str] = "D121"
    name: ClassVar[str] = "damaged-encoding"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D128",)
    doubt: ClassVar[str] = "None: the bytes cannot be decoded."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one line of Latin-1": DataSample(train="Zürich B-LOC\nÅrhus B-LOC\nf\udcfcr O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all of UTF-8": DataSample(train="Zürich B-LOC\nÅrhus B-LOC\nfür O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines."""
        return [
            self.finding(
                f"{found.number('line')} of {found.split} {found.verb('holds', 'hold')} bytes "
                "that are not UTF-8, unlike the rest of the file.",
                evidence=found.evidence("damaged lines"),
                fixes=[
                    Fix(
                        text="Write these lines anew from their source, and save the file as UTF-8."
                    )
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "damaged-encoding")
        ]
