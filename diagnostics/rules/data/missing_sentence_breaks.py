"""D109: a split that is one long sentence, or few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["MissingSentenceBreaks"]

POSITIONS = 512
"""Subwords that encoders of the BERT kind can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSentenceBreaks(DataRule):
    """A split is one sentence, or its sentences are as long as documents.

    Why it matters: encoders read a limited number of subwords, mostly 512. What stands behind is
    cut off, entities included; the model learns from the beginnings only.

    What to change: put a blank line behind each sentence; `--fix OUT` splits long sentences at
    punctuation outside entities.

    Source: the position embeddings of BERT and its kin end at 512; every word is at least one
    subword.
    """

    id: ClassVar[str] = "D109"
    name: ClassVar[str] = "missing-sentence-breaks"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (Sizes,)
    explains: ClassVar[tuple[str, ...]] = ("D309",)
    doubt: ClassVar[str] = "Models with a long context read whole documents, and shall."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one sentence": DataSample(train="Bell B-PER\nleft O\n. O\n" * 100),
        "documents": DataSample(train=("Bell B-PER\nleft O\n. O\n" * 100 + "\n") * 3),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "sentences": DataSample(train="Bell B-PER\nleft O\n. O\n\n" * 100),
        "a small file of one sentence": DataSample(train="Bell B-PER\nleft O\n. O\n" * 9),
        "one list among sentences": DataSample(
            train="Bell B-PER\nleft O\n\n" * 20 + "Bell B-PER\nand O\n" * 200
        ),
    }

    mean: int = 256
    """Words per sentence in the mean, above which a split is flagged."""

    single: int = 128
    """Words of a split's only sentence above which it is flagged."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the mean length of each split, and at splits of a single sentence."""
        return [
            found
            for name, sizes in Sizes.of(subject).splits.items()
            for found in self._of(name, sizes)
        ]

    def _of(self, name: str, sizes: SplitSizes) -> Iterable[Finding]:
        words, sentences = sizes.words, sizes.sentences
        if words <= self.single if sentences == 1 else words <= self.mean * sentences:
            return
        lost = sum(max(length - POSITIONS, 0) * count for length, count in sizes.lengths.items())
        split = SPLITS.get(name, name)
        seen = (
            f"{split.capitalize()} is one sentence of {counted(words, 'word')}"
            if sentences == 1
            else f"The {counted(sentences, 'sentence')} of {split} have "
            f"{words // sentences:,} words in the mean"
        )
        unseen = (
            f"An encoder that reads {POSITIONS} subwords never sees {lost / words:.0%} of the "
            "words, at least."
            if lost
            else "Encoders see only the beginning, and an epoch has few examples."
        )
        yield self.finding(
            f"{seen}: sentence breaks seem to be missing. {unseen}",
            evidence=[
                Evidence(label=f"words per sentence in {name}", value=round(words / sentences, 1)),
                Evidence(label=f"words behind the {POSITIONS}th", value=lost),
            ],
            fixes=[
                Fix(text="Put a blank line behind each sentence, or let `--fix OUT` split them."),
                Fix(
                    text="For whole documents, cut windows that overlap, or take a long-context "
                    "model."
                ),
            ],
            places=sizes.longest[:5],
        )
