"""D113: marks of documents or tokenizers in the place of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.measures.odd_words import OddWords
from diagnostics.rules.data._evidence.odd_words import odd_words
from diagnostics.subjects.dataset import Dataset
from diagnostics.word_kinds import OddWord

__all__ = ["MarkersAsWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkersAsWords(DataRule):
    """Marks such as `-DOCSTART-`, `[CLS]` or `</s>` stand in the place of words.

    Why it matters: they are no part of the text. A tokenizer that knows them inserts them itself,
    and takes those in the text for the real ones, which ends the sentence in the middle for the
    model.

    What to change: make a sentence break of them; `--fix OUT` does.

    Source: the special tokens of BERT and RoBERTa, the document mark of CoNLL-2003.
    """

    id: ClassVar[str] = "D113"
    name: ClassVar[str] = "markers-as-words"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = "The text speaks about tokenizers."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a marker in JSON": DataSample(
            train='{"tokens": ["-DOCSTART-", "Bell"], "tags": ["O", "B-PER"]}\n',
            format="json-tokens",
        ),
        "tokens of a tokenizer": DataSample(train="[CLS] O\nBell B-PER\n[SEP] O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a document start in its place": DataSample(
            train="-DOCSTART- -X- O\n\nBell NNP B-PER\nleft VBD O\n"
        ),
        "brackets": DataSample(train="[ O\nBell B-PER\n] O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        return [
            self.finding(
                f"{found.number('word')} of {found.split} {found.verb('is a mark', 'are marks')} "
                f"of a document or a tokenizer{found.inside}.",
                evidence=found.evidence("marks as words"),
                fixes=[
                    Fix(
                        text="Take them out of the sentences; `--fix OUT` writes a copy without "
                        "them."
                    )
                ],
                places=found.places,
            )
            for found in odd_words(subject, OddWord.MARKER)
        ]
