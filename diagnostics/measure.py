"""The contract of a measure: what one pass over a data set counts for the rules.

Rules about data never read files. Each names the measures that it needs; a survey feeds every
sentence to the measures of all rules asked, once, and a rule finds the result with `of`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, NamedTuple, TypeVar, cast

from diagnostics.findings import Place
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["Entity", "Measure", "SeenSentence", "keep_first"]

Result = TypeVar("Result")

_LONGEST_TEXT = 80
"""Characters of an example that are kept."""


class Entity(NamedTuple):
    """An entity of a sentence: first word, word behind the last one, type."""

    start: int
    end: int
    type: str


class SeenSentence(NamedTuple):
    """A sentence as measures see it.

    A named tuple, since one is made for each sentence of a data set.

    Attributes:
        split: `train`, `dev` or `test`.
        file: The file that it stands in.
        sentence: Words and tags as written, with their lines.
        entities: Its entities, whatever the scheme: one starts at `B` or a single, after an end,
            and where the type changes.
    """

    split: str
    file: str
    sentence: Sentence
    entities: tuple[Entity, ...]

    def place(self, word: int = 0, text: str = "") -> Place:
        """Return where a word of it stands, with what to show of it."""
        return Place(file=self.file, line=self.sentence.line_of(word), text=text[:_LONGEST_TEXT])

    def surface(self, entity: Entity) -> str:
        """Return the words of an entity, joined by blanks."""
        return " ".join(self.sentence.tokens[entity.start : entity.end])


class Measure(ABC, Generic[Result]):
    """Counts something over all sentences of a data set, in memory that stays bounded.

    A class without arguments; one object serves one pass. Measures that need more than the
    sentences (a tokenizer) are made by whoever has it and handed to the survey.

    Class variables:
        absent: Why it was not measured, as a clause that follows "because"; set by measures that
            are not always made.
        on_request: What the user says to have it made, where it is too slow to be made unasked:
            `deep` or `learning-curve`. Empty: it is always made.
        handed_in: Whether it cannot be made without arguments.
    """

    absent: ClassVar[str] = ""
    on_request: ClassVar[str] = ""
    handed_in: ClassVar[bool] = False

    @abstractmethod
    def add(self, seen: SeenSentence) -> None:
        """Take a sentence into account. Called for all of train, then dev, then test."""

    @abstractmethod
    def result(self) -> Result:
        """Return what was measured, as a frozen value. Called once, at the end."""

    @classmethod
    def of(cls, dataset: Dataset) -> Result:
        """Return what was measured on a data set.

        Raises:
            KeyError: The rule that asks does not name the measure.
        """
        return cast("Result", dataset.measured[_kind(cls)])

    @classmethod
    def key(cls) -> type:
        """Return the class under which results are kept: the one that derives from `Measure`."""
        return _kind(cls)


def _kind(cls: type) -> type:
    """Return the first ancestor (or the class itself) that directly derives from `Measure`."""
    return next(kind for kind in cls.__mro__ if Measure in kind.__bases__)


def keep_first(places: list[Place], place: Place, most: int = 5) -> None:
    """Append a place unless there are enough examples already."""
    if len(places) < most:
        places.append(place)
