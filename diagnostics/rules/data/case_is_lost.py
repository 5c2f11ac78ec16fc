"""Rule D505: the model does not see capitals, which tell the entities."""

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

__all__ = ["CaseIsLost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseIsLost(DataRule):
    """The model does not see capitals, though capitals tell the entities in this data.

    Why it matters: an uncased model lowers every letter before it looks. Where names are written
    with capitals and other words are not, that throws the plainest sign away.

    What to change: the cased model of the same family.

    Source: the BERT authors advise the cased model for named entities (README of
    google-research/bert: "the Cased model is better only if ... case information is important
    (e.g., Named Entity Recognition)").
    """

    id: ClassVar[str] = "D505"
    name: ClassVar[str] = "case-is-lost"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures: ClassVar = (Casing,)
    doubt: ClassVar[str] = "The text that the model will meet in use has no capitals."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "names are capitalised, the model is uncased": DataSample(
            train=CAPITALISED, model={"name": "bert-base-uncased", "lowercases": True}
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a cased model": DataSample(train=CAPITALISED, model={"lowercases": False}),
        "data without capitals": DataSample(train=LOWER_CASE, model={"lowercases": True}),
    }

    entities: float = 0.8
    """Share of entity words with a capital from which on capitals are a sign of entities."""

    others: float = 0.3
    """Share of other words with a capital up to which they are one."""

    least: int = 50
    """Words of entities below which nothing is claimed."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare how often words have capitals, when the model lowers them."""
        found = Casing.of(subject)
        if not subject.model.get("lowercases") or found.entity_words < self.least:
            return []
        inside = found.entity_capitals / found.entity_words
        outside = found.other_capitals / max(found.other_words, 1)
        if inside < self.entities or outside > self.others:
            return []
        return [
            self.finding(
                f"{inside:.0%} of the words in entities begin with a capital and {outside:.0%} of "
                "the others, but this model lowers every letter.",
                evidence=[
                    Evidence(label="capitals in entities", value=round(inside, 3)),
                    Evidence(label="capitals elsewhere", value=round(outside, 3)),
                ],
                fixes=[Fix(text="Try the cased model of the same family as well.")],
            )
        ]
