"""The contract of a report: one form in which checkups are shown, whatever was judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TextIO

from diagnostics.judgement import Checkup

__all__ = ["DEFAULT_OPTIONS", "ReportFormat", "ReportOptions", "Unread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A path that could not be judged, and why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a report shows besides the checkups.

    Attributes:
        verbose: Show all that is known about each finding; with `overview`, each checkup too.
        overview: Show one line per checkup first, and no more unless `verbose`.
        fix_command: End each checkup with the one command that applies the fixes together.
        unread: Paths that could not be judged.
    """

    verbose: bool = False
    overview: bool = False
    fix_command: bool = False
    unread: tuple[Unread, ...] = ()


DEFAULT_OPTIONS = ReportOptions()


class ReportFormat(ABC):
    """Writes checkups in one form. One class without arguments per module of `diagnostics/report`.

    Class variables that each report sets:
        name: What `--format` calls it.
    """

    name: ClassVar[str]

    @abstractmethod
    def write(
        self,
        checkups: Sequence[Checkup[Any]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write the checkups. Whatever strangers wrote into a log comes out harmless."""
