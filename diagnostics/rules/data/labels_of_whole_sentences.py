"""D106: one label for a whole text in place of one per word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["LabelsOfWholeSentences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsOfWholeSentences(DataRule):
    """Records carry one label for their whole text, in place of one tag per word.

    Why it matters: such data is made for text classification. Token classification learns a tag
    for each word and has nothing to learn from it.

    What to change: take the data set's file with words and tags (or with spans), or label
    entities.

    Source: the task itself; a frequent question in forums (`KeyError: 'tags'`).
    """

    id: ClassVar[str] = "D106"
    name: ClassVar[str] = "labels-of-whole-sentences"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D102", "D104", "D411")
    doubt: ClassVar[str] = (
        "The tags stand under another name: choose it with `--columns token=KEY,tag=KEY`."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "reviews": DataSample(
            train='{"text": "What a fine day", "label": "positive"}\n'
            '{"text": "What a bad day", "label": "negative"}\n',
            format="json-tokens",
        ),
        "words and one number": DataSample(
            train='{"tokens": ["What", "a", "day"], "label": 1}\n' * 2, format="json-tokens"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a tag per word": DataSample(
            train='{"tokens": ["What", "a", "day"], "label": ["O", "O", "B-DATE"]}\n',
            format="json-tokens",
        ),
        "words and tags in strings": DataSample(
            train='{"text": "What a day", "label": "O O B-DATE"}\n', format="json-tokens"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such records."""
        return [
            self.finding(
                f"{found.number('record')} of {found.split} {found.verb('has', 'have')} one label "
                "for the whole text in place of one tag per word.",
                evidence=found.evidence("records with one label"),
                fixes=[
                    Fix(
                        text="Give a file with a list of words and a list of tags per sentence, "
                        "or with spans."
                    ),
                    Fix(text="Or choose the keys: `--columns token=KEY,tag=KEY`."),
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "label-of-sentence")
        ]
