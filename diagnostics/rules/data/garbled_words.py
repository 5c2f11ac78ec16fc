"""D128: words whose characters were lost or decoded wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.measures.odd_words import OddWords
from diagnostics.rules.data._evidence.odd_words import graded, odd_words
from diagnostics.subjects.dataset import Dataset
from diagnostics.word_kinds import OddWord

__all__ = ["GarbledWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbledWords(DataRule):
    """Words hold the character for lost bytes, or UTF-8 that was read as Latin-1.

    Why it matters: the text was damaged before this file was written: U+FFFD stands for lost
    bytes, and `Ã¼` for `ü`. The words are none that a model will meet in use.

    What to change: make the file again from the source, read as UTF-8.

    Source: Unicode; the table of UTF-8 bytes in Windows-1252. One word in a thousand is judgement.
    """

    id: ClassVar[str] = "D128"
    name: ClassVar[str] = "garbled-words"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = "Texts about encodings, and artistic use of such letters."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "read as Latin-1": DataSample(train="MÃ¼ller B-PER\nging O\n"),
        "lost": DataSample(train="M\ufffdller B-PER\nging O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "letters of other languages": DataSample(train="Müller B-PER\nSÃO B-LOC\nÐorđe B-PER\n"),
    }

    many: float = 0.001
    """Share of the words from which on they are flagged as a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        return [
            self.finding(
                f"{found.number('word')} of {found.split} {found.verb('was', 'were')} garbled "
                f"before this file was written{found.inside}.",
                evidence=found.evidence("garbled words"),
                fixes=[Fix(text="Make the file again from its source, read and written as UTF-8.")],
                places=found.places,
                severity=graded(found, self.many, inside=False),
            )
            for found in odd_words(subject, OddWord.GARBLED)
        ]
