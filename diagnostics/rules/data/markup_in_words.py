"""D127: debris of HTML in the place of words."""

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

__all__ = ["MarkupInWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupInWords(DataRule):
    """Words are HTML entities such as `&amp;`, or hold tags such as `<br>`.

    Why it matters: the text came from web pages and was not decoded. A model that was trained on
    clean text has not met these, and in use it will not meet them.

    What to change: decode the text before it is cut into words, with `html.unescape`.

    Source: HTML's named character references.
    """

    id: ClassVar[str] = "D127"
    name: ClassVar[str] = "markup-in-words"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords,)
    doubt: ClassVar[str] = "The model is used on such text, as tweets are delivered."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "an ampersand": DataSample(train="Bell B-ORG\n&amp; I-ORG\nSons I-ORG\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "signs by themselves": DataSample(train="R&D B-ORG\n< O\n5 O\n& O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        return [
            self.finding(
                f"{found.number('word')} of {found.split} {found.verb('is', 'are')} debris of HTML"
                f"{found.inside}.",
                evidence=found.evidence("debris of HTML"),
                fixes=[
                    Fix(text="Decode the text with `html.unescape`, and cut it into words again.")
                ],
                places=found.places,
            )
            for found in odd_words(subject, OddWord.MARKUP)
        ]
