"""D103: words that have no tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import SplitProblem, reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["WordsWithoutTag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsWithoutTag(DataRule):
    """Words have no tag at all.

    Why it matters: it may have been `O` or the middle of an entity. The word was left out, so its
    sentence lacks it (of JSON the whole record); a training stops there.

    What to change: write `O` where nothing was labelled, and the tag where one was lost.

    Source: the format itself.
    """

    id: ClassVar[str] = "D103"
    name: ClassVar[str] = "words-without-tag"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = (
        "An export that writes nothing in place of `O`; then every second word lacks a tag."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a tab and no tag": DataSample(train="Acme\tB-ORG\nrose\t\n.\tO\n\nBell\tB-PER\n"),
        "a null": DataSample(
            train='{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", null]}\n'
            '{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", "O"]}\n',
            format="json-tokens",
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "every word has one": DataSample(train="Acme\tB-ORG\nrose\tO\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such words."""
        words = reading_problems(subject, "missing-tag")
        records = reading_problems(subject, "missing-value")
        return [*map(self._of_words, words), *map(self._of_records, records)]

    def _of_words(self, found: SplitProblem) -> Finding:
        return self.finding(
            f"In {found.split}, {found.number('word')} {found.verb('has', 'have')} no tag and "
            f"{found.verb('was', 'were')} left out.",
            evidence=found.evidence("words without a tag"),
            fixes=[
                Fix(text="Write `O` behind words outside all entities, and the tag of the others."),
                Fix(text="Or choose the column of the tags: `--columns token=0,tag=-1`."),
            ],
            places=found.places,
        )

    def _of_records(self, found: SplitProblem) -> Finding:
        return self.finding(
            f"In {found.split}, {found.number('record')} {found.verb('lacks', 'lack')} a word or a "
            f"tag (null or empty) and {found.verb('was', 'were')} left out whole.",
            evidence=found.evidence("records without a word or a tag"),
            fixes=[Fix(text='Write "O" for words outside all entities, and what else is missing.')],
            places=found.places,
        )
