"""Rule D502: the tokenizer leaves nothing of some words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.subwords import Subwords
from diagnostics.rules.data._evidence.subword_samples import found_subwords
from diagnostics.subjects.dataset import Dataset

__all__ = ["WordsWithoutSubtokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsWithoutSubtokens(DataRule):
    """The tokenizer leaves nothing of some words.

    Why it matters: such a word has no sub-token that could carry its label. Scripts that count
    sub-tokens per word then label the next word with its tag, and scores are taken of fewer words
    than the file holds. (`tuner` puts the unknown token in its place.)

    What to change: remove such words, or write something visible for them. They are control
    characters, zero-width spaces, or signs that the tokenizer normalises away.

    Source: transformers issue 11036; the word ids of a fast tokenizer skip such words.
    """

    id: ClassVar[str] = "D502"
    name: ClassVar[str] = "words-without-subtokens"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures: ClassVar = (Subwords,)
    doubt: ClassVar[str] = "The training aligns words and sub-tokens by word ids."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "two words vanish": DataSample(
            train="Anna B-PER\n", measured=found_subwords(vanished_words=2)
        ),
        "words of entities vanish": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(vanished_words=9, vanished_entity_words=3),
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "every word has a sub-token": DataSample(train="Anna B-PER\n", measured=found_subwords()),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag any such word; a warning when entities lose words."""
        found = Subwords.of(subject)
        count, inside = found.vanished_words, found.vanished_entity_words
        if not count:
            return []
        are = "word vanishes" if count == 1 else "words vanish"
        return [
            self.finding(
                f"{count} {are} in the tokenizer of this model, {inside} of them inside entities.",
                evidence=[
                    Evidence(label="words without sub-token", value=count),
                    Evidence(label="inside entities", value=inside),
                ],
                fixes=[
                    Fix(
                        text="Remove these words, or replace them by something visible; "
                        "`tuner check DATA --fix OUT` drops empty and invisible ones."
                    )
                ],
                severity=Severity.WARNING if inside else Severity.INFO,
                places=found.vanished_places,
            )
        ]
