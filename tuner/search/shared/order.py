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
        self._seen: dict[int, int] = {}
        self._ended_before = [0]  # how many of the first steps say that a trial ended, by count

    def settle(self, trials: Iterable[RunRecord]) -> None:
        """Do nothing: the log lacks no step."""

    def asked(self, number: int) -> int:
        """Return how many trials had ended when the settings of a trial were chosen."""
        for step in self._facts.order[len(self._ended_before) - 1 :]:
            if step.kind == "asked":
                place = len(self._ended_before) - 1
                self._seen[step.number] = place if step.seen is None else min(step.seen, place)
            self._ended_before.append(self._ended_before[-1] + (step.kind == "ended"))
        return self._ended_before[self._seen.get(number, -1)]

    def ended(self, number: int) -> None:
        """Do nothing: the log says so."""

    def write(self) -> None:
        """Write the file.

        Raises:
            StudyError: When it cannot be written.
        """
        write_lines(self._file, (step.to_line() for step in self._facts.order))
