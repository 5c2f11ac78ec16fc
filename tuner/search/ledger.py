"""All trainings of a study, as the loop knows them, and the views that others take of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from diagnostics.subjects.run_history import RunEvent
from tuner.search.curves import Curve
from tuner.search.record import light, read_counts
from tuner.search.run_record import RunRecord, search_key
from tuner.search.winner import Run, choose, saved_run
from tuner.study_view import TrialRow
from tuner.trial import EpochReport, TrialOutcome, TrialState

__all__ = ["Ledger"]


class Ledger:
    """Holds one `RunRecord` per training, in the order in which they were begun.

    Args:
        runs: What earlier sessions left.
    """

    def __init__(self, runs: Iterable[RunRecord] = ()) -> None:
        self._runs = {run.key: run for run in runs}

    def __contains__(self, key: str) -> bool:
        return key in self._runs

    def __getitem__(self, key: str) -> RunRecord:
        return self._runs[key]

    def get(self, key: str) -> RunRecord | None:
        """Return a training, or None when there is none of this key."""
        return self._runs.get(key)

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All trainings."""
        return tuple(self._runs.values())

    @property
    def searched(self) -> tuple[RunRecord, ...]:
        """The trials of the search itself, by number."""
        trials = (run for run in self._runs.values() if run.role == "search")
        return tuple(sorted(trials, key=lambda run: run.number))

    @property
    def ended(self) -> int:
        """How many trials have ended, in any way."""
        return sum(run.ended for run in self.searched)

    @property
    def epochs_saved(self) -> int:
        """Epochs that pruning saved."""
        pruned = (run for run in self._runs.values() if run.state is TrialState.PRUNED)
        return sum(run.spec.epochs - run.epoch for run in pruned)

    def put(self, run: RunRecord) -> RunRecord:
        """Add a training, or replace what is known about it."""
        self._runs[run.key] = run
        return run

    def add_report(self, key: str, report: EpochReport) -> RunRecord:
        """Add an epoch to a training."""
        run = self._runs[key]
        events = (*run.events, *(event for event in report.events if event not in run.events))
        return self.put(replace(run, reports=(*run.reports, light(report)), events=events))

    def add_event(self, key: str, event: RunEvent) -> RunRecord:
        """Add an event to a training."""
        run = self._runs[key]
        return self.put(replace(run, events=(*run.events, event)))

    def restart(self, key: str, event: RunEvent) -> RunRecord:
        """Forget the epochs of a training that was lost and begins again."""
        run = self._runs[key]
        return self.put(replace(run, reports=(), events=(*run.events, event)))

    def finish(self, key: str, outcome: TrialOutcome) -> RunRecord:
        """Note how a training ended."""
        run = self._runs[key]
        events = (*run.events, *outcome.events)
        return self.put(replace(run, state=outcome.state, reason=outcome.reason, events=events))

    def interrupt_running(self, reason: str) -> None:
        """Note that trainings which still run were cut off and can be taken up again."""
        for run in self.runs:
            if run.state is TrialState.RUNNING:
                self.put(replace(run, state=TrialState.INTERRUPTED, reason=reason))

    def rows(self) -> tuple[TrialRow, ...]:
        """Return the table: the trials by number, then the re-runs by number and seed."""
        again = (run for run in self._runs.values() if run.role == "confirm")
        ordered = sorted(again, key=lambda run: (run.number, run.spec.seed))
        return tuple(run.row() for run in (*self.searched, *ordered))

    def curves(self) -> tuple[Curve, ...]:
        """Return the learning curves of the search's trials."""
        return tuple(run.curve() for run in self.searched if run.reports)

    def finished(self, *, with_counts: bool = False) -> tuple[Run, ...]:
        """Return the trainings that went through their whole plan, for the choice of a winner.

        Args:
            with_counts: Whether to read the counts per sentence from the run directories; they are
                needed for intervals only.
        """
        return tuple(
            _as_run(run, with_counts=with_counts)
            for run in self._runs.values()
            if run.state is TrialState.FINISHED and run.score is not None and run.role != "again"
        )

    def leading(self) -> RunRecord | None:
        """Return the training whose model would be delivered if the study ended now, or None."""
        runs = self.finished()
        return self._runs[saved_run(runs, choose(runs).number).key] if runs else None

    def best_score(self, number: int | None = None) -> float | None:
        """Return the highest F1 of the finished trainings (of one trial, or of all)."""
        scores = [run.score for run in self.finished() if number in (None, run.number)]
        return max(scores, default=None)

    def trial(self, number: int) -> RunRecord:
        """Return a trial of the search by its number.

        Raises:
            KeyError: When there is none.
        """
        return self._runs[search_key(number)]

    def attempted(self) -> frozenset[tuple[int, int]]:
        """Return (number, seed) of the re-runs that ended or are running, however they ended."""
        return frozenset(
            (run.number, run.spec.seed)
            for run in self._runs.values()
            if run.role == "confirm" and (run.ended or run.state is TrialState.RUNNING)
        )

    def development_entities(self) -> int | None:
        """Return the number of gold entities in the development split, once an epoch told it."""
        for run in self._runs.values():
            for report in run.reports:
                if report.scores.per_type:
                    return sum(scores.support for scores in report.scores.per_type.values())
        return None


def _as_run(run: RunRecord, *, with_counts: bool) -> Run:
    best = run.best
    return Run(
        key=run.key,
        number=run.number,
        spec=run.spec,
        seed=run.spec.seed,
        score=math.nan if best is None else best.scores.f1,
        best_epoch=0 if best is None else best.epoch,
        epochs=run.epoch,
        seconds=run.seconds,
        counts=read_counts(run.directory) if with_counts else None,
        selected=run.role == "search",
    )
