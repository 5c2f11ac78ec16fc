"""Which training leads: asked after every epoch, so it does not cost more with every trial.

While no trial has further seeds, `choose` ranks the trials by their levels alone: all are shrunk
alike. So a new one leads or does not, and nothing else changes. Once there are further seeds, and
whenever something that was known changes, the choice is made anew over all.
"""

from __future__ import annotations

import math

from tuner.search.finished_runs import Run, cost_of
from tuner.search.winner import choose, saved_run

__all__ = ["Leaders"]


class Leaders:
    """The finished trainings, and the one whose model would be delivered now."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._all: tuple[Run, ...] | None = ()
        self._further = 0  # trainings of contenders with further seeds
        self._leading: Run | None = None
        self._is_stale = False
        self._best: dict[int | None, float] = {}

    def put(self, key: str, run: Run | None) -> None:
        """Enter a training that finished; None: it no longer counts."""
        earlier = self._runs.pop(key, None)
        if (run, earlier) == (None, None):
            return
        if run is not None:
            self._runs[key] = run
        self._all = None
        self._further += (run is not None and not run.selected) - (
            earlier is not None and not earlier.selected
        )
        if run is None or earlier is not None or self._further:
            self._is_stale = True
        elif not self._is_stale:
            self._leading = min((one for one in (self._leading, run) if one), key=_rank)
        self._note_level(run, earlier)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All finished trainings, as `put` entered them."""
        if self._all is None:
            self._all = tuple(self._runs.values())
        return self._all

    def leading(self) -> str | None:
        """Return the key of the training whose model would be delivered; None without any."""
        if self._is_stale:
            runs = self.runs
            self._leading = saved_run(runs, choose(runs).number) if runs else None
            self._is_stale = False
        return None if self._leading is None else self._leading.key

    def best_level(self, number: int | None) -> float | None:
        """Return the highest level of a trial, over its seeds, or of all trials; None without."""
        return self._best.get(number)

    def _note_level(self, run: Run | None, earlier: Run | None) -> None:
        if earlier is not None or run is None:
            self._best = {}
            for known in self._runs.values():
                self._raise(known)
        else:
            self._raise(run)

    def _raise(self, run: Run) -> None:
        for number in (None, run.number):
            self._best[number] = max(self._best.get(number, -math.inf), run.level)


def _rank(run: Run) -> tuple[float, float, int]:
    """Order as `choose` does where every trial has one training."""
    return (-run.level, cost_of([run]), run.number)
