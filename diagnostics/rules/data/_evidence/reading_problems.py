"""What the reader of a format noted, as rules about format tell it: one item per split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diagnostics.findings import Evidence, Place
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset, FileProblem

__all__ = ["SplitProblem", "either", "reading_problems"]

_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitProblem:
    """Problems of some kinds in one split.

    Attributes:
        name: The split.
        count: How often they occur.
        sentences: How many sentences of the split were read all the same.
        first: The first problem.
        places: The first places, in the order of the files.
    """

    name: str
    count: int
    sentences: int
    first: FileProblem
    places: tuple[Place, ...]

    @property
    def split(self) -> str:
        """How a sentence speaks of the split."""
        return SPLITS.get(self.name, self.name)

    def number(self, noun: str) -> str:
        """The count with its noun: `1 line`, `12 lines`."""
        return counted(self.count, noun)

    def verb(self, one: str, more: str) -> str:
        """The form of a verb that goes with the count."""
        return one if self.count == 1 else more

    def evidence(self, label: str) -> list[Evidence]:
        """The count as evidence."""
        return [Evidence(label=f"{label} in {self.name}", value=self.count)]


def reading_problems(dataset: Dataset, *kinds: str) -> Iterator[SplitProblem]:
    """Yield, for each split that has them, the problems of some kinds together."""
    for name, split in dataset.splits.items():
        count = sum(split.counts.get(kind, 0) for kind in kinds)
        found = [each for kind in kinds for each in split.problems.get(kind, ())]
        if not count or not found:
            continue
        order = {file: number for number, file in enumerate(split.files)}
        found.sort(key=lambda each: (order.get(each.file, len(order)), each.line or 0))
        yield SplitProblem(
            name=name,
            count=count,
            sentences=split.sentences,
            first=found[0],
            places=tuple(
                Place(file=each.file, line=each.line, text=each.message)
                for each in found[:_EXAMPLES]
            ),
        )


def either(count: int, one: str, more: str) -> str:
    """Return the form of a verb or noun that goes with a count."""
    return one if count == 1 else more
