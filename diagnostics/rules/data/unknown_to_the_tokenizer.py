"""Rule D503: many words hold signs that the tokenizer does not know."""

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

__all__ = ["UnknownToTheTokenizer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownToTheTokenizer(DataRule):
    """Many words hold signs that the tokenizer does not know.

    Why it matters: all unknown words look alike to the model. It can tell them apart by their
    neighbours only, and never learns their spelling.

    What to change: a model for this script or language, such as a multilingual one; or replace
    typographic signs (quotes, dashes) by plain ones.

    Source: the research on tokenizers of multilingual models (Rust et al. 2021) takes the share of
    unknown tokens for the first sign of a tokenizer that does not fit.
    """

    id: ClassVar[str] = "D503"
    name: ClassVar[str] = "unknown-to-the-tokenizer"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures: ClassVar = (Subwords,)
    doubt: ClassVar[str] = "The unknown signs are decoration, such as bullets and emoji."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one word in twenty": DataSample(
            train="Anna B-PER\n", measured=found_subwords(words=1000, unknown_words=50)
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one word in a thousand": DataSample(
            train="Anna B-PER\n", measured=found_subwords(words=1000, unknown_words=1)
        ),
    }

    most: float = 0.01
    """Share of words from which on the tokenizer does not fit the data."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the share of words with an unknown part."""
        found = Subwords.of(subject)
        total = sum(found.words.values())
        if not total or found.unknown_words <= self.most * total:
            return []
        return [
            self.finding(
                f"{found.unknown_words} of {total} words ({found.unknown_words / total:.1%}) hold "
                f"signs that the tokenizer does not know, {found.unknown_entity_words} of them "
                "inside entities.",
                evidence=[
                    Evidence(label="words with an unknown part", value=found.unknown_words),
                    Evidence(label="inside entities", value=found.unknown_entity_words),
                ],
                fixes=[
                    Fix(
                        text="Choose a model for this script or language (a multilingual one such "
                        "as xlm-roberta-base knows every sign), or replace these signs by plain "
                        "ones."
                    )
                ],
                places=found.unknown_places,
            )
        ]
