"""D112: several words in the place of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.measures.odd_words import OddWords
from diagnostics.rules.data._evidence.odd_words import SplitWords, odd_words
from diagnostics.subjects.dataset import Dataset
from diagnostics.word_kinds import OddWord

__all__ = ["BlanksInsideWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlanksInsideWords(DataRule):
    """Words hold blanks, tabs or line breaks: several words stand in the place of one.

    Why it matters: they get one tag together, so a score counts them as one. Programs that cut at
    blanks read other words than were labelled, and CoNLL with blanks cannot hold them.

    What to change: divide them; `--fix OUT` does, with the same entities, at all blanks but those
    that never break (U+00A0, U+202F, U+3000): tokenizers split there too, yet the writer may have
    meant one word.

    Source: judgement. Between digits such a space groups the figures of one number.
    """

    id: ClassVar[str] = "D112"
    name: ClassVar[str] = "blanks-inside-words"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = "Languages such as Vietnamese, in which a word may hold a blank."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a name in one line": DataSample(train="New York\tB-LOC\nrose\tO\n"),
        "a space that never breaks": DataSample(train="New\u00a0York\tB-LOC\nrose\tO\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "the figures of one number": DataSample(train="1\u202f000\tB-NUM\nrose\tO\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        blank = odd_words(subject, OddWord.BLANK)
        no_break = odd_words(subject, OddWord.NO_BREAK)
        return [
            *(
                self._of(found, "blanks or tabs", "Divide them, or let `--fix OUT` do it.")
                for found in blank
            ),
            *(
                self._of(found, "spaces that never break", "Divide them, if these are two words.")
                for found in no_break
            ),
        ]

    def _of(self, found: SplitWords, what: str, fix: str) -> Finding:
        return self.finding(
            f"{found.number('word')} of {found.split} {found.verb('holds', 'hold')} {what}"
            f"{found.inside}.",
            evidence=found.evidence(f"words with {what.split(maxsplit=1)[0]}"),
            fixes=[Fix(text=fix)],
            places=found.places,
        )
