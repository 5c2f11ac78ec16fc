"""D203: all entities are of one type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named
from diagnostics.rules.data._evidence.tag_reading import (
    first_places,
    readable,
    type_places,
    types_of,
)
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["SingleEntityType"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleEntityType(DataRule):
    """All entities are of one type.

    Why it matters: many data sets are meant so (genes, skills). It also happens when a column of
    bare `B` and `I` was read, or when an export dropped the types.

    What to change: nothing when it is meant; else choose the column with `--columns`.

    Source: judgement.
    """

    id: ClassVar[str] = "D203"
    name: ClassVar[str] = "single-entity-type"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures = (TagPairs,)
    needs = (readable,)
    doubt: ClassVar[str] = "A task that has one type."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one type": DataSample(train="Acme B-ORG\nrose O\n\nBell B-ORG\nleft O\n"),
        "bare letters": DataSample(train="Acme B\nCorp I\nrose O\n\nBell B\nleft O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "two types": DataSample(train="Acme B-ORG\nrose O\n\nBell B-PER\nleft O\n"),
        "no entity at all": DataSample(train="Acme O\nrose O\n\nBell O\nleft O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count the types of all splits."""
        whole = Counter[str]()
        for types in types_of(subject).values():
            whole.update(types)
        if len(whole) != 1:
            return []
        ((kind, count),) = whole.items()
        who = "The only entity is" if count == 1 else f"All {counted(count, 'entity')} are"
        split = next(split for split, types in types_of(subject).items() if types)
        return [
            self.finding(
                f"{who} of one type, {named(kind)}.",
                evidence=[Evidence(label="entities", value=count)],
                fixes=[
                    Fix(
                        text="Nothing when one type is meant; else choose the column with "
                        "`--columns token=0,tag=-1`."
                    )
                ],
                places=first_places(type_places(subject, split, kind), most=1),
            )
        ]
