"""All trainings of a study, as the loop knows them, and the views that others take of them.

Every epoch of every training asks for these views, so they are kept and mended instead of made
anew: what one epoch costs does not grow with the number of trials.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from diagnostics.subjects.run_history import RunEvent
from tuner.kept_epoch import settled_score
from tuner.search.compared_curves import ComparedCurves
from tuner.search.curves import Curve
from tuner.search.finished_runs import Run
from tuner.search.leaders import Leaders
from tuner.search.record import light, read_counts
from tuner.search.run_record import RunRecord, search_key
from tuner.search.run_table import RunTable
from tuner.secrets_in_text import without_secrets
from tuner.study_view import TrialRow
from tuner.trial import EpochReport, TrialOutcome, TrialState
from tuner.trunk import branch_spec, is_trunk, planned_epochs, trained_epochs

__all__ = ["Ledger"]


class Ledger:
    """Holds one `RunRecord` per training, in the order in which they were begun.

    Args:
        runs: What earlier sessions left.
    """

    def __init__(self, runs: Iterable[RunRecord] = ()) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._table = RunTable()
        self._open: dict[str, None] = {}
        self._changed: dict[str, None] = {}
        self._ended = 0
        self._saved: dict[str, float] = {}
        self._compared = ComparedCurves(self._searched_curves)
        self._leaders = Leaders()
        self._entities: int | None = None
        for run in runs:
            self.put(run)

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
        return tuple(self._runs[key] for key in self._table.keys[: self._table.trials])

    @property
    def begun(self) -> int:
        """How many trials the search has begun."""
        return self._table.trials

    @property
    def ended(self) -> int:
        """How many trials have ended, in any way."""
        return self._ended

    @property
    def open(self) -> tuple[RunRecord, ...]:
        """The trainings that run, or were cut off."""
        return tuple(self._runs[key] for key in self._open)

    def take_changed(self) -> tuple[str, ...]:
        """Return the keys of the trainings that changed since the last call."""
        keys, self._changed = tuple(self._changed), {}
        return keys

    @property
    def epochs_saved(self) -> int:
        """Epochs that pruning saved, and trunks that ended before their last count."""
        return round(sum(self._saved.values()))

    def put(self, run: RunRecord) -> RunRecord:
        """Add a training, or replace what is known about it."""
        earlier = self._runs.get(run.key)
        self._runs[run.key] = run
        self._changed[run.key] = None
        if run.ended:
            self._open.pop(run.key, None)
        else:
            self._open[run.key] = None
        self._table.put(run)
        self._note_entities(run)
        if run.role == "search":
            if run.ended or (earlier is not None and earlier.ended):
                self._compared.put(None if earlier is None else earlier.curve(), run.curve())
            self._ended += run.ended - (earlier is not None and earlier.ended)
        self._saved.pop(run.key, None)
        if run.state is TrialState.PRUNED or (run.ended and is_trunk(run.spec) and run.reports):
            self._saved[run.key] = planned_epochs(run.spec) - trained_epochs(run.spec, run.epoch)
        if TrialState.FINISHED in (run.state, earlier and earlier.state):
            self._leaders.put(run.key, _as_run(run) if _is_finished(run) else None)
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
        """Note how a training ended; what libraries said of it is kept without secrets."""
        run = self._runs[key]
        events = (*run.events, *map(_without_secrets, outcome.events))
        reason = without_secrets(outcome.reason)
        return self.put(replace(run, state=outcome.state, reason=reason, events=events))

    def interrupt_running(self, reason: str) -> None:
        """Note that trainings which still run were cut off and can be taken up again."""
        for run in self.open:
            if run.state is TrialState.RUNNING:
                self.put(replace(run, state=TrialState.INTERRUPTED, reason=reason))

    def rows(self, trained: Mapping[str, float] | None = None) -> tuple[TrialRow, ...]:
        """Return the table: the trials by number, then the re-runs by number and seed.

        Args:
            trained: Key of a running training to the epochs it trained, the running one as a
                fraction.
        """
        return tuple(self._table.rows(trained or {}, self._runs))

    @property
    def compared(self) -> ComparedCurves:
        """The learning curves of the search's trials that others are compared with."""
        return self._compared

    def _searched_curves(self) -> Iterator[Curve]:
        return (run.curve() for run in self.searched if run.ended)

    def finished(self, *, with_counts: bool = False) -> tuple[Run, ...]:
        """Return the trainings that went through their whole plan, for the choice of a winner.

        Args:
            with_counts: Whether to read the counts per sentence from the run directories; they are
                needed for intervals only.
        """
        if with_counts:
            return self._with_counts()
        return self._leaders.runs

    def _with_counts(self) -> tuple[Run, ...]:
        return tuple(
            _as_run(run, with_counts=True) for run in self._runs.values() if _is_finished(run)
        )

    def leading(self) -> RunRecord | None:
        """Return the training whose model would be delivered if the study ended now, or None."""
        leading = self._leaders.leading()
        return None if leading is None else self._runs[leading]

    def best_level(self, number: int | None = None) -> float | None:
        """Return the highest level of the finished trainings (of one trial, or of all)."""
        return self._leaders.best_level(number)

    def trial(self, number: int) -> RunRecord:
        """Return a trial of the search by its number.

        Raises:
            KeyError: When there is none.
        """
        return self._runs[search_key(number)]

    def attempted(self) -> frozenset[tuple[int, int]]:
        """Return (number, seed) of the re-runs that ended or are running, however they ended."""
        runs = (self._runs[key] for key in self._table.keys[self._table.trials :])
        return frozenset(
            (run.number, run.spec.seed)
            for run in runs
            if run.ended or run.state is TrialState.RUNNING
        )

    def development_entities(self) -> int | None:
        """Return the number of gold entities in the development split, once an epoch told it."""
        return self._entities

    def _note_entities(self, run: RunRecord) -> None:
        if self._entities is None:
            told = (one.scores.per_type for one in run.reports if one.scores.per_type)
            if (per_type := next(told, None)) is not None:
                self._entities = sum(scores.support for scores in per_type.values())


def _is_finished(run: RunRecord) -> bool:
    """Whether a training takes part in the choice of the winner."""
    return run.state is TrialState.FINISHED and run.score is not None and run.role != "again"


def _as_run(run: RunRecord, *, with_counts: bool = False) -> Run:
    best = run.best
    return Run(
        key=run.key,
        number=run.number,
        spec=run.spec if best is None else branch_spec(run.spec, best.epoch),
        seed=run.spec.seed,
        score=math.nan if best is None else best.scores.f1,
        best_epoch=0 if best is None else best.epoch,
        epochs=best.epoch if best is not None and is_trunk(run.spec) else run.epoch,
        seconds=run.seconds,
        counts=read_counts(run.directory) if with_counts else None,
        selected=run.role == "search",
        settled=settled_score(run.reports, run.spec),
    )


def _without_secrets(event: RunEvent) -> RunEvent:
    return replace(event, message=without_secrets(event.message))
