"""Rule D504: words are cut into many sub-tokens."""

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

__all__ = ["ManySubtokensPerWord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManySubtokensPerWord(DataRule):
    """Words are cut into many sub-tokens: the tokenizer was made for other texts.

    Why it matters: a word in many pieces carries less of what the model learned in pretraining,
    and each epoch costs as many times more. English text in an English model has 1.1 to 1.4
    sub-tokens per word.

    What to change: a model pretrained on this language or domain.

    Source: Rust et al. 2021, "How Good is Your Tokenizer?": fertility of monolingual tokenizers is
    below 1.9 in all their languages, of mBERT up to 2.6.
    """

    id: ClassVar[str] = "D504"
    name: ClassVar[str] = "many-subtokens-per-word"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures: ClassVar = (Subwords,)
    doubt: ClassVar[str] = "Agglutinative languages and chemical names have many pieces anyway."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "three pieces per word": DataSample(
            train="Anna B-PER\n", measured=found_subwords(words=1000, pieces=3000)
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "plain English": DataSample(
            train="Anna B-PER\n", measured=found_subwords(words=1000, pieces=1300)
        ),
    }

    most: float = 2.5
    """Sub-tokens per word from which on the tokenizer hardly fits."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the mean number of sub-tokens per word."""
        found = Subwords.of(subject)
        words = sum(found.words.values())
        mean = sum(found.pieces.values()) / words if words else 0.0
        if mean <= self.most:
            return []
        return [
            self.finding(
                f"The tokenizer cuts a word into {mean:.1f} sub-tokens on average; a model of the "
                "same language and domain needs 1.1 to 1.9.",
                evidence=[Evidence(label="sub-tokens per word", value=round(mean, 3))],
                fixes=[
                    Fix(text="Try a model that was pretrained on this language or domain as well.")
                ],
            )
        ]
