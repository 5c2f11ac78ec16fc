"""Rule D506: the data has no capitals, but the model knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.casing import Casing
from diagnostics.rules.data._evidence.casing_texts import CAPITALISED, LOWER_CASE
from diagnostics.subjects.dataset import Dataset

__all__ = ["NoCapitalsForCasedModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCapitalsForCasedModel(DataRule):
    """The data has no capitals, but the model was pretrained on text that has.

    Why it matters: a cased model knows `Hamburg` and hardly `hamburg`, which it cuts into more
    pieces. Names in lower-cased text look like misspelt words to it.

    What to change: the uncased model of the same family, or text with its capitals.

    Source: the cased and the uncased models of BERT have vocabularies of their own.
    """

    id: ClassVar[str] = "D506"
    name: ClassVar[str] = "no-capitals-for-cased-model"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures: ClassVar = (Casing,)
    doubt: ClassVar[str] = "The script has no capitals, or the text was always written so."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "lower-cased text": DataSample(train=LOWER_CASE, model={"lowercases": False}),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "names with capitals": DataSample(train=CAPITALISED, model={"lowercases": False}),
        "an uncased model": DataSample(train=LOWER_CASE, model={"lowercases": True}),
        "a model of which nothing is known": DataSample(train=LOWER_CASE),
    }

    most: float = 0.01
    """Share of words in entities with a capital up to which the data counts as lower-cased."""

    least: int = 50
    """Words of entities below which nothing is claimed."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look for capitals in entities, when the model knows them."""
        found = Casing.of(subject)
        if subject.model.get("lowercases") is not False or found.entity_words < self.least:
            return []
        share = found.entity_capitals / found.entity_words
        if share > self.most:
            return []
        return [
            self.finding(
                f"{found.entity_capitals} of {found.entity_words} words in entities begin with a "
                "capital, but this model was made for text with capitals.",
                evidence=[Evidence(label="capitals in entities", value=round(share, 4))],
                fixes=[
                    Fix(text="Try the uncased model of the same family, or restore the capitals.")
                ],
            )
        ]
