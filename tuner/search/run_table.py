"""The table of a study's trainings, kept in order: the trials by number, then the re-runs."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import replace

from tuner.search.run_record import RunRecord
from tuner.study_view import TrialRow

__all__ = ["RunTable"]


class RunTable:
    """Holds one row per training; those that only remake a model have none."""

    def __init__(self) -> None:
        self._places: list[tuple[bool, int, int, str]] = []  # of the rows, in their order
        self._rows: list[TrialRow] = []

    @property
    def trials(self) -> int:
        """How many rows are of trials of the search itself."""
        return bisect.bisect_left(self._places, (True,))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the trainings, in their order."""
        return tuple(key for *_, key in self._places)

    def put(self, run: RunRecord) -> None:
        """Add a training, or replace its row."""
        if run.role == "again":
            return
        place = _place(run)
        index = bisect.bisect_left(self._places, place)
        if index < len(self._places) and self._places[index] == place:
            self._rows[index] = run.row()
        else:
            self._places.insert(index, place)
            self._rows.insert(index, run.row())

    def rows(self, trained: Mapping[str, float], runs: Mapping[str, RunRecord]) -> list[TrialRow]:
        """Return all rows.

        Args:
            trained: Key of a running training to the epochs it trained, the running one as a
                fraction.
            runs: All trainings.
        """
        rows = list(self._rows)
        for key, epochs in trained.items():
            if key in runs and runs[key].role != "again":
                index = bisect.bisect_left(self._places, _place(runs[key]))
                rows[index] = replace(rows[index], trained=epochs)
        return rows


def _place(run: RunRecord) -> tuple[bool, int, int, str]:
    return (run.role == "confirm", run.number, run.spec.seed, run.key)
