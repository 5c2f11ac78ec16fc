"""D111: control characters and characters without width inside words."""

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

__all__ = ["InvisibleCharacters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvisibleCharacters(DataRule):
    """Words hold characters that nobody sees, of zero width or for control.

    Why it matters: such a word looks like another one and is not. Tokenizers split it or take it
    for unknown, dictionaries miss it, and duplicates are not seen as such.

    What to change: remove the characters; `--fix OUT` does. Where a space without width parts words
    of Thai, Lao, Khmer or Burmese, it divides the word there.

    Source: Unicode, categories Cc and Cf. One word in a thousand is judgement.
    """

    id: ClassVar[str] = "D111"
    name: ClassVar[str] = "invisible-characters"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = "Marks of direction in Hebrew and Arabic texts, which belong there."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a space without width": DataSample(train="Ac\u200bme B-ORG\nrose O\n"),
        "a byte order mark": DataSample(train="Acme B-ORG\n\ufeff. O\nrose\ufeff O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "joiners of emoji and scripts": DataSample(
            train="\U0001f469\u200d\U0001f52c B-PER\nrose O\n"
        ),
        "an accent as a character": DataSample(train="Acme\u0301 B-ORG\nrose O\n"),
    }

    many: float = 0.001
    """Share of the words from which on they are flagged as a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        return [
            self.finding(
                f"{found.number('word')} of {found.split} {found.verb('holds', 'hold')} invisible "
                f"characters{found.inside}.",
                evidence=found.evidence("words with invisible characters"),
                fixes=[Fix(text="Remove the characters; `--fix OUT` writes a copy without them.")],
                places=found.places,
                severity=graded(found, self.many),
            )
            for found in odd_words(subject, OddWord.INVISIBLE)
        ]
