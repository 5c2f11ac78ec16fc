"""One way of searching over all data sets, seeds and budgets of a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.policy.in_memory import UNLIMITED, Suggestions, run_in_memory
from benchmarks.policy.outcome import Outcome, of_session
from benchmarks.policy.recorded import RecordedTask
from benchmarks.policy.rival import RIVALS, run_rival
from benchmarks.policy.task import Task, TaskScale, sampler_seed
from tuner.study import SearchOptions

__all__ = ["Row", "ours_row", "rival_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of searching on one source.

    Attributes:
        name: Of the way.
        outcomes: Per budget, those of all data sets and seeds in the same order.
    """

    name: str
    outcomes: Mapping[float, Sequence[Outcome]]


def ours_row(
    name: str,
    tasks: Sequence[Task],
    scales: Sequence[TaskScale],
    budgets: Sequence[float],
    seeds: Sequence[int],
) -> Row:
    """Run the real policy on every data set, seed and budget."""
    outcomes: dict[float, list[Outcome]] = {budget: [] for budget in budgets}
    for task, scale in zip(tasks, scales, strict=True):
        for seed in seeds:
            suggestions: Suggestions = {}
            for budget in budgets:
                session = run_in_memory(task, seed, _options(task, seed, budget), suggestions)
                outcomes[budget].append(of_session(task, seed, session, scale.scale))
    return Row(name=name, outcomes=outcomes)


def _options(task: Task, seed: int, budget: float) -> SearchOptions:
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
    outcomes: dict[float, list[Outcome]] = {budget: [] for budget in budgets}
    for task, scale in zip(tasks, scales, strict=True):
        for seed in seeds:
            epochs = [budget * task.longest for budget in budgets]
            told = run_rival(RIVALS[name], task, seed, epochs, scale.scale)
            for budget, outcome in zip(budgets, told, strict=True):
                outcomes[budget].append(outcome)
    return Row(name=name, outcomes=outcomes)
