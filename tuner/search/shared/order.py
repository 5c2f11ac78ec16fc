"""In which order the trials of a shared study were asked for and ended, over all processes."""

from __future__ import annotations

from collections.abc import Iterable

from tuner.search.completion_order import FILE, CompletionOrder
from tuner.search.documents import write_lines
from tuner.search.folder import StudyFolder
from tuner.search.run_record import RunRecord
from tuner.search.shared.facts import StudyFacts

__all__ = ["SharedOrder"]


class SharedOrder(CompletionOrder):
    """The order that the log of the study gives; the file is written from it at the end.

    Args:
        folder: The study's folder.
        facts: What all processes know.
    """

    def __init__(self, folder: StudyFolder, facts: StudyFacts) -> None:
        super().__init__(folder.path)
        self._file = folder.path / FILE
        self._facts = facts

    def settle(self, trials: Iterable[RunRecord]) -> None:
        """Do nothing: the log lacks no step."""

    def asked(self, number: int) -> int:
        """Return how many trials had ended when a trial got its settings."""
        ended = 0
        for kind, step in self._facts.order:
            if kind == "asked" and step == number:
                break
            ended += kind == "ended"
        return ended

    def ended(self, number: int) -> None:
        """Do nothing: the log says so."""

    def write(self) -> None:
        """Write the file.

        Raises:
            StudyError: When it cannot be written.
        """
        write_lines(self._file, ({kind: number} for kind, number in self._facts.order))
