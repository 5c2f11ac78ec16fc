"""Judge when a search may end early: regret and epochs with and without, at several thresholds.

Every study runs once to the end of its budget, and before each new trial the expected gain and the
noise are noted (`tuner.search.early_end.search_outlook`). A study that stops where the gain falls
below a multiple of the noise is then the same study cut off there, confirmed from there with what
the budget left; so one run answers for all multiples, and the differences are paired.

    python -m benchmarks.policy.flat                  # the shipped curves and the surrogate
    python -m benchmarks.policy.flat --source curves
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.policy.in_memory import (
    MemorySearch,
    MemorySession,
    confirm_in_memory,
    search_in_memory,
)
from benchmarks.policy.outcome import Outcome, of_session
from benchmarks.policy.rows import options_of
from benchmarks.policy.sources import add_source_options, each_source
from benchmarks.policy.task import Task, TaskScale
from benchmarks.support.standard_error import mean_with_error
from tuner.search.driver import Start
from tuner.search.early_end import search_outlook
from tuner.search.ledger import Ledger

__all__ = ["Stopped", "main", "stopped_at"]

BUDGETS = (10, 20, 40)
MULTIPLES = (0.25, 0.5, 1.0, 2.0)
SOURCES = ("curves", "lcbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A study when its next trial was about to be asked for.

    Attributes:
        ratio: Expected gain over noise; infinite while nothing can be said.
        trials: Trials begun.
        elapsed: Epochs trained.
    """

    ratio: float
    trials: int
    elapsed: float


class NotingSearch(MemorySearch):
    """The search, noting before each trial what the rest of it promises."""

    def __init__(self, session: MemorySession) -> None:
        super().__init__(session)
        self.session = session
        self.moments: list[Moment] = []

    def next_start(self) -> Start | None:
        """Note the moment, then return the next trial."""
        session = self.session
        found = search_outlook(session.ledger, session.spec, session.time_left())
        ratio = math.inf if found is None or found.trials_left < 1 else found.gain / found.noise
        trials = len(session.ledger.searched)
        self.moments.append(Moment(ratio=ratio, trials=trials, elapsed=session.elapsed))
        return super().next_start()


@dataclass(slots=True, kw_only=True)
class Stopped:
    """What ending early changed, over the studies of a budget.

    Attributes:
        regret: Paired differences of regret, early minus whole.
        saved: Shares of the epochs that were not trained.
        early: Whether each study ended early.
    """

    regret: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    early: list[bool] = field(default_factory=list)

    def add(self, whole: Outcome, early: Outcome | None) -> None:
        """Enter a study; None when it did not end early."""
        self.regret.append(0.0 if early is None else early.regret - whole.regret)
        self.saved.append(0.0 if early is None else 1 - early.epochs / whole.epochs)
        self.early.append(early is not None)


def stopped_at(
    task: Task, seed: int, search: NotingSearch, multiple: float, scale: TaskScale
) -> Outcome | None:
    """Judge the study cut off where the gain fell below a multiple of the noise; None: nowhere."""
    moment = next((one for one in search.moments if one.ratio < multiple), None)
    if moment is None:
        return None
    whole = search.session
    cut = MemorySession(spec=whole.spec, elapsed=moment.elapsed)
    cut.ledger = Ledger(whole.ledger.searched[: moment.trials])
    confirm_in_memory(cut, task, seed)
    return of_session(task, seed, cut, scale.scale)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table per source."""
    options = _options(arguments)
    for _, tasks in each_source(options):
        print("| budget | gain below | studies ended early | epochs saved | regret, difference |")
        print("|---|---|---|---|---|", flush=True)
        scales = [TaskScale(task) for task in tasks]
        for budget in options.budgets:
            for line in _lines(tasks, scales, budget, range(options.seeds)):
                print(line, flush=True)


def _lines(
    tasks: Sequence[Task], scales: Sequence[TaskScale], budget: float, seeds: Sequence[int]
) -> Iterator[str]:
    tables = {multiple: Stopped() for multiple in MULTIPLES}
    for task, scale in zip(tasks, scales, strict=True):
        for seed in seeds:
            search = _study(task, seed, budget)
            whole = of_session(task, seed, search.session, scale.scale)
            for multiple, table in tables.items():
                table.add(whole, stopped_at(task, seed, search, multiple, scale))
    for multiple, table in tables.items():
        yield _line(budget, multiple, table)


def _study(task: Task, seed: int, budget: float) -> NotingSearch:
    session = MemorySession(spec=replace(task.study(seed), options=options_of(task, seed, budget)))
    search = NotingSearch(session)
    search_in_memory(session, search, task, seed)
    confirm_in_memory(session, task, seed)
    return search


def _line(budget: float, multiple: float, table: Stopped) -> str:
    count = len(table.regret)
    return (
        f"| {budget:g} trainings | {multiple:g} x noise | {sum(table.early)} of {count} "
        f"| {statistics.mean(table.saved):.0%} "
        f"| {mean_with_error(table.regret, 3, '+')} |"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_source_options(parser, SOURCES, BUDGETS, "develop")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
