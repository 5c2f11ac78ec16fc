"""The contract of a presenter: how reports speak of one kind of subject.

Findings, fixes and what could not be judged look the same whatever was judged. What differs stands
in one module of `diagnostics/report/_subjects/` per kind, named after the module of the subject in
`diagnostics/subjects/`.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from diagnostics import catalogue
from diagnostics.judgement import Checkup
from diagnostics.report._table import Table

__all__ = ["Presenter", "Verdicts", "presenter_of"]

Subject = TypeVar("Subject")

_FOLDER = "diagnostics.report._subjects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The verdict on one kind of subject, by the gravest finding.

    Attributes:
        error: An error was found; how many findings there are follows behind a colon.
        warning: A warning was found and no error, likewise.
        unjudged: Nothing was found, but most rules could not judge; a whole sentence.
        clear: There is nothing grave; remarks, or that there is nothing, follow.
    """

    error: str
    warning: str
    unjudged: str
    clear: str


class Presenter(ABC, Generic[Subject]):
    """Says what a report shows about one kind of subject. One class without arguments per module.

    Texts that come from strangers need no care here: reports escape all that they are given.

    Class variables that each presenter sets:
        kind: Name of the kind in documents: `run`, `data` or `environment`.
        subject: The class of its subjects.
        command: The command that judges them, such as `tuner diagnose`.
        noun: What several of them are called: 4 `runs`.
        place: What its source is called in front of it, such as `Log`.
        verdicts: The verdicts.
        fix_heading: What stands above the command that applies the fixes.
    """

    kind: ClassVar[str]
    subject: ClassVar[type]
    command: ClassVar[str]
    noun: ClassVar[tuple[str, str]]
    place: ClassVar[str]
    verdicts: ClassVar[Verdicts]
    fix_heading: ClassVar[str] = "All of it together"

    def verdicts_on(self, subject: Subject) -> Verdicts:
        """Return the verdicts on one subject, where it asks for words of its own."""
        del subject
        return self.verdicts

    def source(self, subject: Subject) -> str:
        """Return what was judged, as the user would name it."""
        return str(getattr(subject, "source", ""))

    def notes(self, subject: Subject) -> Sequence[str]:
        """Return what a person should know about how it was read, as sentences."""
        return tuple(getattr(subject, "notes", ()))

    @abstractmethod
    def facts(self, subject: Subject) -> list[str]:
        """Return short facts that stand in one line below the verdict."""

    def tables(self, subject: Subject) -> list[Table]:
        """Return what is best shown as tables, after the facts."""
        del subject
        return []

    def charts(self, subject: Subject, *, columns: int, plain: bool = False) -> list[str]:
        """Return rows of text that draw something, for terminals.

        Args:
            subject: What was judged.
            columns: Most points of a series to draw.
            plain: Use ASCII signs only.
        """
        del subject, columns, plain
        return []

    def highlight(self, subject: Subject) -> str:
        """Return the one fact that a chart would have shown, for reports without charts."""
        del subject
        return ""

    def document(self, subject: Subject) -> dict[str, Any]:
        """Return the fields that the JSON document has for this kind alone; schema.json has them.

        Numbers that JSON does not know may be among the values.
        """
        del subject
        return {}

    def fix_command(self, checkup: Checkup[Subject]) -> str:
        """Return the command that applies the fixes together; empty when there is none."""
        del checkup
        return ""

    def next_commands(self, checkup: Checkup[Subject]) -> list[tuple[str, str]]:
        """Return what to run next, each with what it is for; quoted for a shell."""
        del checkup
        return []


def presenter_of(subject: object) -> Presenter[Any]:
    """Return the presenter of a subject; only the module of its kind is imported.

    Raises:
        TypeError: There is none for its class.
    """
    for kind in type(subject).__mro__:
        presenter = _presenter(kind.__module__.rpartition(".")[2])
        if presenter is not None and isinstance(subject, presenter.subject):
            return presenter
    raise TypeError(f"there is no presenter for {type(subject).__name__}")


@cache
def _presenter(name: str) -> Presenter[Any] | None:
    """Return the presenter in the module of a name; None where there is no such module."""
    place = f"{_FOLDER}.{name}"
    if importlib.util.find_spec(place) is None:
        return None
    return catalogue.unit(place, Presenter)  # type: ignore[type-abstract]
