"""Odd words of one kind, as rules about format tell them: one item per split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diagnostics.findings import Evidence, Place, Severity
from diagnostics.measures.odd_words import OddWords
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset
from diagnostics.word_kinds import OddWord

__all__ = ["SplitWords", "graded", "odd_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitWords:
    """Odd words of one kind in one split.

    Attributes:
        name: The split.
        count: How many there are.
        in_entities: How many of them stand inside entities.
        words: How many words the split has.
        places: The first places.
    """

    name: str
    count: int
    in_entities: int
    words: int
    places: tuple[Place, ...]

    @property
    def split(self) -> str:
        """How a sentence speaks of the split."""
        return SPLITS.get(self.name, self.name)

    @property
    def inside(self) -> str:
        """How many stand inside entities, as the end of a sentence."""
        if not self.in_entities:
            return ""
        if self.count == 1:
            return ", inside an entity"
        return f", {self.in_entities:,} of them inside entities"

    def number(self, noun: str) -> str:
        """The count with its noun: `1 word`, `12 words`."""
        return counted(self.count, noun)

    def verb(self, one: str, more: str) -> str:
        """The form of a verb that goes with the count."""
        return one if self.count == 1 else more

    def evidence(self, label: str) -> list[Evidence]:
        """The counts as evidence."""
        return [
            Evidence(label=f"{label} in {self.name}", value=self.count),
            Evidence(label=f"{label} inside entities", value=self.in_entities),
        ]


def odd_words(dataset: Dataset, kind: OddWord) -> Iterator[SplitWords]:
    """Yield the odd words of a kind of each split that has some."""
    found = OddWords.of(dataset)
    for name, counts in found.counts.items():
        if counts.get(kind):
            yield SplitWords(
                name=name,
                count=counts[kind],
                in_entities=found.in_entities[name].get(kind, 0),
                words=found.words[name],
                places=found.places[name][kind],
            )


def graded(found: SplitWords, many: float, *, inside: bool = True) -> Severity:
    """A warning when they are many or (`inside`) stand in entities, a remark when they are few."""
    serious = found.count >= many * found.words or (inside and found.in_entities > 0)
    return Severity.WARNING if serious else Severity.INFO
