"""The real search on recorded curves, without files: the deciding parts of the loop, driven here.

`SearchPolicy`, `ConfirmSource`, `SettingsSampler`, `FairPruner`, `Ledger` and `choose` are the ones
that a search uses, not copies; only folder, storage, engine and clock are replaced. A study of ten
trainings takes about a second instead of ten. `tests/benchmarks/test_policy.py` shows that the same
decisions come out as of `run_search` with the scripted engine.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from benchmarks.policy.reported import epoch_report
from benchmarks.policy.task import DrawnCurve, Task
from tuner.search.confirm_phase import ConfirmSource
from tuner.search.driver import Source, Start
from tuner.search.ledger import Ledger
from tuner.search.optuna_sampling import SettingsSampler
from tuner.search.optuna_shown import CURVE, STATE
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked
from tuner.search.search_policy import SearchPolicy
from tuner.study import SearchOptions, StudySpec
from tuner.trial import TrialOutcome, TrialSpec, TrialState

__all__ = [
    "UNLIMITED",
    "MemorySearch",
    "MemorySession",
    "Suggestions",
    "confirm_in_memory",
    "run_in_memory",
    "search_in_memory",
]

Suggestions = dict[tuple[Any, ...], TrialSpec | None]

UNLIMITED = 100_000
"""Trials of a study that only its budget ends."""


@dataclass(slots=True, kw_only=True)
class MemorySession:
    """As much of a `Session` as the deciding parts look at, without files; a second is an epoch."""

    spec: StudySpec
    ledger: Ledger = field(default_factory=Ledger)
    elapsed: float = 0.0
    warnings: list[str] = field(default_factory=list)
    slots: int = 1

    @property
    def engine(self) -> MemorySession:
        """Itself: it trains here, one after the other."""
        return self

    @property
    def folder(self) -> MemorySession:
        """Itself: every training lies in one and the same folder."""
        return self

    def trial_directory(self, key: str) -> Path:
        """Return a folder that holds a model, as that of a leading trial does."""
        return _folder()

    confirm_directory = trial_directory

    def time_left(self) -> float | None:
        """Epochs left of the budget, or None without one."""
        budget = self.spec.options.time_budget
        return None if budget is None else budget - self.elapsed


class MemorySearch(SearchPolicy):
    """Hands out trials as `SearchSource` does, with Optuna's trials in a list.

    Args:
        session: The study.
        suggestions: What the sampler of this study suggested after which trials. Studies that
            differ in their budget alone begin alike, and suggestions are most of their time.
    """

    def __init__(self, session: MemorySession, suggestions: Suggestions | None = None) -> None:
        super().__init__(cast(Any, session), self)
        self._spec = session.spec
        self._sampler = SettingsSampler(session.spec)
        self._trials: list[FrozenTrial] = []
        self._suggestions = {} if suggestions is None else suggestions

    def report(self, number: int, epoch: int, score: float) -> None:
        """Do nothing: there is no dashboard."""

    def next_start(self) -> Start | None:
        """Return a new trial; None when all were begun, or every setting was tried."""
        number = len(self._trials)
        first = self._spec.first_points
        if number >= self._spec.options.trials:
            return None
        known = number < len(first)
        spec = first[number] if known else self._suggested()
        if spec is None:
            return None
        self._trials.append(self._frozen(number, spec, None, TrialState.RUNNING))
        return Start(run=self._record(Asked(number=number, spec=spec, origin="sampler")))

    def ended(self, run: RunRecord) -> None:
        """Enter how a trial ended, as `OptunaBridge.tell` does."""
        told = run.score if run.state in (TrialState.FINISHED, TrialState.PRUNED) else None
        ended = self._frozen(run.number, run.spec, told, run.state)
        ended.user_attrs[CURVE] = run.curve()
        self._trials[run.number] = ended

    def _suggested(self) -> TrialSpec | None:
        """Return the sampler's suggestion, which depends on the trials so far alone."""
        trials = tuple((*one.params.values(), one.value, one.state) for one in self._trials)
        if trials not in self._suggestions:
            self._suggestions[trials] = self._sampler.suggest(self._trials)
        return self._suggestions[trials]

    def _frozen(
        self, number: int, spec: TrialSpec, value: float | None, state: TrialState
    ) -> FrozenTrial:
        if state is TrialState.RUNNING:
            stored = OptunaState.RUNNING
        else:
            stored = OptunaState.FAIL if value is None else OptunaState.COMPLETE
        trial = create_trial(
            state=stored,
            value=value,
            params=self._sampler.params(spec),
            distributions=self._sampler.distributions,
            user_attrs={STATE: state.value},
        )
        trial.number = number
        return trial


def run_in_memory(
    task: Task, seed: int, options: SearchOptions, suggestions: Suggestions | None = None
) -> MemorySession:
    """Search and confirm on a task's curves; the time budget is counted in epochs.

    Args:
        task: The data set.
        seed: Of the study: its noise; the sampler's comes with the options.
        options: As of a real study.
        suggestions: Shared by studies whose options differ in their budget alone.
    """
    session = MemorySession(spec=replace(task.study(seed), options=options))
    search_in_memory(session, MemorySearch(session, suggestions), task, seed)
    confirm_in_memory(session, task, seed)
    return session


def search_in_memory(session: MemorySession, search: MemorySearch, task: Task, seed: int) -> None:
    """Run the search of a study on a task's curves."""
    _drive(session, search, task, seed)


def confirm_in_memory(session: MemorySession, task: Task, seed: int) -> None:
    """Train the contenders of a study with further seeds, as far as its budget goes."""
    _drive(session, ConfirmSource(cast(Any, session)), task, seed)


def _drive(session: MemorySession, source: Source, task: Task, seed: int) -> None:
    """Train one training after the other until there is none left, or time is up."""
    while not source.time_is_up():
        start = source.next_start()
        if start is None:
            return
        run = session.ledger.put(replace(start.run, state=TrialState.RUNNING))
        curve = task.curve(run.spec, seed)
        state = _train(session, source, run, curve, task.noise_entities)
        run = session.ledger.finish(run.key, TrialOutcome(state=state))
        if state is not TrialState.INTERRUPTED:
            source.ended(run)


def _train(
    session: MemorySession, source: Source, run: RunRecord, curve: DrawnCurve, entities: int
) -> TrialState:
    """Report epoch by epoch and ask for a verdict, in the order of the real loop."""
    for epoch in range(1, run.spec.epochs + 1):
        session.elapsed += 1.0
        report = epoch_report(run.spec, epoch, curve, entities)
        run = session.ledger.add_report(run.key, report)
        source.reported(run, report)
        if epoch >= run.spec.epochs:
            break
        event = source.advice(run)
        if event is not None:
            run = session.ledger.add_event(run.key, event)
            if event.kind == "pruned":
                return TrialState.PRUNED
        if source.time_is_up():
            return TrialState.INTERRUPTED
    return TrialState.FINISHED


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="policy-"))
    (folder / "best").mkdir()
    return folder
