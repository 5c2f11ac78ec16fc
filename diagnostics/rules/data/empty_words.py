"""D110: words without a visible character."""

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

__all__ = ["EmptyWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyWords(DataRule):
    """Words are empty, white space, or characters without width.

    Why it matters: a tokenizer makes nothing of them, so their tags have no place; programs that
    pair tags and subwords one by one shift all labels behind. Inside an entity they tear it apart.

    What to change: remove the lines; `--fix OUT` does, and keeps the entities around them whole.

    Source: spaCy's `debug data` fails on entities of white space. One word in a thousand is
    judgement.
    """

    id: ClassVar[str] = "D110"
    name: ClassVar[str] = "empty-words"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = (
        "Emoji whose pictures were lost on the way stand for something after all."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "an empty word": DataSample(train="Acme\tB-ORG\n\tI-ORG\nrose\tO\n"),
        "a space without width": DataSample(train="Acme B-ORG\n\u200b O\nrose O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "joiners inside words": DataSample(
            train="\u0d9a\u0dca\u200d\u0dbb\u0dd2\u0dba\u0dcf B-PER\nrose O\n"
        ),
    }

    many: float = 0.001
    """Share of the words from which on they are flagged as a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        return [
            self.finding(
                f"{found.number('word')} of {found.split} {found.verb('has', 'have')} no visible "
                f"character{found.inside}.",
                evidence=found.evidence("empty words"),
                fixes=[Fix(text="Remove them; `--fix OUT` writes a copy without them.")],
                places=found.places,
                severity=graded(found, self.many),
            )
            for found in odd_words(subject, OddWord.EMPTY)
        ]
