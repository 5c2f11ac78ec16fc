"""D309: sentences that are very long, or many of a single word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["SentencesOfOddLength"]

_ANNA, _ONE = "Anna B-PER\nsleeps O\n\n", "Anna B-PER\n\n"
_LONG = "Anna B-PER\n" + "and O\n" * 300 + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencesOfOddLength(DataRule):
    """Some sentences are very long, or many consist of one word.

    Why it matters: encoders read a limited number of subwords, and a sentence of more words than
    that loses its end, entities included; one such sentence makes its whole batch slow. A word by
    itself has no context to learn from.

    What to change: split long sentences where they end; join words that belong together.

    Source: encoders of the BERT kind read 512 subwords, trainings usually 128 or 256.
    """

    id: ClassVar[str] = "D309"
    name: ClassVar[str] = "sentences-of-odd-length"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "The texts are lists or whole documents, and shall be read as such."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a sentence of 301 words": DataSample(train=_ANNA * 20 + _LONG),
        "half of the sentences have one word": DataSample(train=(_ANNA + _ONE) * 20),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one sentence in forty has one word": DataSample(train=_ANNA * 39 + _ONE),
    }

    long: int = 256
    """Words above which a sentence is called long."""

    one_word_share: float = 0.1
    """Share of sentences of one word from which it is worth a line."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at both ends of the distribution of lengths of each split."""
        found = []
        for name, sizes in Sizes.of(subject).splits.items():
            found.extend(self._long(name, sizes))
            found.extend(self._short(name, sizes))
        return found

    def _long(self, name: str, sizes: SplitSizes) -> list[Finding]:
        longer = sum(count for words, count in sizes.lengths.items() if words > self.long)
        if not longer:
            return []
        longest = max(sizes.lengths)
        verb = "is" if longer == 1 else "are"
        return [
            self.finding(
                f"{longer:,} of {counted(sizes.sentences, 'sentence')} of {SPLITS[name]} {verb} "
                f"longer than {self.long} words, the longest has {longest:,}; half of all have at "
                f"most {sizes.length_at(0.5)}.",
                evidence=[
                    Evidence(label=f"long sentences in {name}", value=longer),
                    Evidence(label=f"longest sentence of {name}", value=longest, unit="words"),
                ],
                fixes=[
                    Fix(text="Split them where a sentence ends, and at headings and list items."),
                    Fix(
                        text="Or check with `--model MODEL` what its length limit cuts off, and "
                        "what a larger one costs."
                    ),
                ],
                places=sizes.longest[:longer],
            )
        ]

    def _short(self, name: str, sizes: SplitSizes) -> list[Finding]:
        single = sizes.lengths.get(1, 0)
        if single < 2 or single < self.one_word_share * sizes.sentences:
            return []
        return [
            self.finding(
                f"{single:,} of {counted(sizes.sentences, 'sentence')} of {SPLITS[name]} consist "
                "of one word: nothing around it says what it is.",
                evidence=[Evidence(label=f"sentences of one word in {name}", value=single)],
                fixes=[
                    Fix(
                        text="Look whether a blank line stands behind every word, and join what "
                        "belongs together."
                    )
                ],
                places=sizes.one_word,
            )
        ]
