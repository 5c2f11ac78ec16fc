"""One way of searching over all data sets, seeds and budgets of a source."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.policy.in_memory import UNLIMITED, Suggestions, run_in_memory
from benchmarks.policy.outcome import Outcome, of_session
from benchmarks.policy.recorded import RecordedTask
from benchmarks.policy.rival import RIVALS, run_rival
from benchmarks.policy.task import Scale, Task, TaskScale, sampler_seed
from tuner.study import SearchOptions

__all__ = ["Row", "options_of", "ours_row", "rival_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of searching on one source.

    Attributes:
        name: Of the way.
        outcomes: Per budget, those of all data sets and seeds in the same order: all seeds of the
            first data set, then those of the next.
        seeds: Studies per data set.
    """

    name: str
    outcomes: Mapping[float, Sequence[Outcome]]
    seeds: int = 1

    def regrets(self, budget: float) -> list[float]:
        """Return the mean regret of each data set at a budget."""
        told = [one.regret for one in self.outcomes[budget]]
        starts = range(0, len(told), self.seeds)
        return [statistics.mean(told[start : start + self.seeds]) for start in starts]


def ours_row(
    name: str,
    tasks: Sequence[Task],
    scales: Sequence[TaskScale],
    budgets: Sequence[float],
    seeds: Sequence[int],
) -> Row:
    """Run the real policy on every data set, seed and budget."""

    def study(task: Task, scale: Scale, seed: int) -> list[Outcome]:
        suggestions: Suggestions = {}
        sessions = [
            run_in_memory(task, seed, options_of(task, seed, budget), suggestions)
            for budget in budgets
        ]
        return [of_session(task, seed, session, scale) for session in sessions]

    return _row(name, study, tasks, scales, budgets, seeds)


def options_of(task: Task, seed: int, budget: float) -> SearchOptions:
    """Return the options of a study that nothing but its budget ends.

    Args:
        task: The data set.
        seed: Of the study.
        budget: In full trainings.
    """
    options = SearchOptions(
        trials=UNLIMITED, time_budget=budget * task.longest, seed=sampler_seed(task, seed)
    )
    if isinstance(task, RecordedTask):  # it has no third seed to confirm with
        options = replace(options, confirm=len(task.seeds) - 1)
    return options


def rival_row(
    name: str,
    tasks: Sequence[Task],
    scales: Sequence[TaskScale],
    budgets: Sequence[float],
    seeds: Sequence[int],
) -> Row:
    """Run one of Optuna's ways on every data set and seed."""

    def study(task: Task, scale: Scale, seed: int) -> list[Outcome]:
        epochs = [budget * task.longest for budget in budgets]
        return run_rival(RIVALS[name], task, seed, epochs, scale)

    return _row(name, study, tasks, scales, budgets, seeds)


def _row(
    name: str,
    study: Callable[[Task, Scale, int], Sequence[Outcome]],
    tasks: Sequence[Task],
    scales: Sequence[TaskScale],
    budgets: Sequence[float],
    seeds: Sequence[int],
) -> Row:
    """Gather what a study gives at each budget, over all data sets and seeds."""
    told = [
        study(task, scale.scale, seed)
        for task, scale in zip(tasks, scales, strict=True)
        for seed in seeds
    ]
    columns = zip(*told, strict=True)
    outcomes = dict(zip(budgets, columns, strict=True))
    return Row(name=name, outcomes=outcomes, seeds=len(seeds))
