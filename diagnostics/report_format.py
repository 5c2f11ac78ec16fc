"""The contract of a report: one form in which checkups of runs are shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TextIO

from diagnostics.checkup import Checkup
from diagnostics.subjects.run_history import RunHistory

__all__ = ["ReportFormat"]


class ReportFormat(ABC):
    """Writes checkups in one form. One class without arguments per module of `diagnostics/report`.

    Class variables that each report sets:
        name: What `--format` calls it.
    """

    name: ClassVar[str]

    @abstractmethod
    def write(self, checkups: Sequence[Checkup[RunHistory]], stream: TextIO) -> None:
        """Write the checkups. Whatever strangers wrote into a log comes out harmless."""
