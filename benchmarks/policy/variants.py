"""Change one thing of the search policy at a time, and see what it does to the regret.

    python -m benchmarks.policy.variants "startup-trials=3" "quantile=0.75 quiet-until=0.15"

Each variant, and the policy as it is, searches the data sets of the LCBench surrogate that the
policy was developed on (`--part report` is for a last look, not for choosing), once per kind of
start points:

* `others`: what together did best on all other data sets developed on;
* `three`: the same from three data sets only, drawn for each study;
* `guess`: a careful guess and two variations.

Printed is the mean regret, and the paired difference to the policy as it is; standard errors are
over data sets. Chance is in both sides of a difference: a change that looks good beside an unlucky
base must be repeated with more `--seeds`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from benchmarks.policy import rows
from benchmarks.policy.lcbench import SurrogateTask, informed_lcbench
from benchmarks.policy.sources import add_source_options, quieten, tasks_of
from benchmarks.policy.task import Task, TaskScale
from benchmarks.support.standard_error import mean_with_error
from tuner.search import forecast, optuna_sampling, search_policy
from tuner.search.pruner import FairPruner
from tuner.study import SearchOptions

__all__ = ["KNOBS", "POINTS", "changed", "main", "regrets"]

CONSTANTS: Mapping[str, tuple[ModuleType, str, Callable[[str], float]]] = {
    "startup-trials": (optuna_sampling, "STARTUP_TRIALS", int),
    "confirm-share": (forecast, "CONFIRM_SHARE", float),
}
PRUNER: Mapping[str, Callable[[str], float]] = {
    "quantile": float,
    "quiet-until": float,
    "let-run-every": int,
    "least-comparable": int,
}
OPTIONS: Mapping[str, Callable[[str], float]] = {"confirm": int, "contenders": int, "prune": int}

KNOBS = (*CONSTANTS, *PRUNER, *OPTIONS)
"""What can be changed: constants of the policy, fields of its pruner, options of the search."""

POINTS = ("others", "three", "guess")

Regrets = dict[float, list[float]]
"""Budget to the regret on each data set, the mean of its studies."""


@contextmanager
def changed(values: Mapping[str, str]) -> Iterator[None]:
    """Change knobs of the policy for a while.

    Args:
        values: Knob to its value as text.

    Raises:
        ValueError: A value is no number.
    """
    pruner = {name.replace("-", "_"): read(values[name]) for name, read in _given(PRUNER, values)}
    options = {name: read(values[name]) for name, read in _given(OPTIONS, values)}
    with ExitStack() as stack:
        for name, (module, constant, read) in CONSTANTS.items():
            if name in values:
                stack.enter_context(patch.object(module, constant, read(values[name])))
        made = partial(replace, FairPruner(), **pruner)
        stack.enter_context(patch.object(search_policy, "FairPruner", made))
        asked = partial(_options_with, rows.options_of, options)
        stack.enter_context(patch.object(rows, "options_of", asked))
        yield


def _given(
    knobs: Mapping[str, Callable[[str], float]], values: Mapping[str, str]
) -> list[tuple[str, Callable[[str], float]]]:
    return [(name, read) for name, read in knobs.items() if name in values]


def _options_with(
    options_of: Callable[[Task, int, float], SearchOptions],
    options: Mapping[str, float],
    task: Task,
    seed: int,
    budget: float,
) -> SearchOptions:
    return replace(options_of(task, seed, budget), **options)  # type: ignore[arg-type]


def regrets(
    studies: Sequence[Sequence[Task]], scales: Sequence[TaskScale], budgets: Sequence[float]
) -> Regrets:
    """Return the regrets of the policy as it is now.

    Args:
        studies: Per seed, the data sets with their start points.
        scales: Of the data sets.
        budgets: In full trainings.
    """
    told = [
        rows.ours_row("", tasks, scales, budgets, [seed]).outcomes
        for seed, tasks in enumerate(studies)
    ]
    return {
        budget: [
            statistics.mean(one.regret for one in same)
            for same in zip(*(outcomes[budget] for outcomes in told), strict=True)
        ]
        for budget in budgets
    }


def _surrogates(folder: Path, part: str) -> list[SurrogateTask]:
    tasks = tasks_of("lcbench", folder, part)
    return [task for task in tasks if isinstance(task, SurrogateTask)]


def _studies(
    points: str, tasks: Sequence[SurrogateTask], earlier: Sequence[SurrogateTask], seeds: int
) -> list[list[Task]]:
    """Return, per seed, the data sets with start points of a kind."""
    if points == "guess":
        return [[*tasks]] * seeds
    if points == "others":
        return [[*informed_lcbench(tasks, earlier)]] * seeds
    return [[_from_three(task, earlier, seed) for task in tasks] for seed in range(seeds)]


def _from_three(task: SurrogateTask, earlier: Sequence[SurrogateTask], seed: int) -> Task:
    others = [one for one in earlier if one.name != task.name]
    drawn = random.Random(f"{task.name}:{seed}").sample(others, 3)
    return informed_lcbench([task], drawn)[0]


def _variant(text: str) -> dict[str, str]:
    values = dict(part.split("=", 1) for part in text.split() if "=" in part)
    wrong = sorted(set(values) - set(KNOBS))
    if wrong or not values or len(values) != len(text.split()):
        raise argparse.ArgumentTypeError(
            f"each part must be KNOB=VALUE with one of {', '.join(KNOBS)}, but got `{text}`"
        )
    with changed(values):  # a value that is no number is told before hours of work
        return values


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per kind of start points, variant and budget."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("variants", nargs="+", type=_variant, metavar='"KNOB=VALUE ..."')
    parser.add_argument("--points", nargs="+", choices=POINTS, default=POINTS)
    add_source_options(parser, ("lcbench",), (10,), "develop")
    options = parser.parse_args(arguments)
    if not options.lcbench.is_dir():
        parser.error(f"{options.lcbench} is not there; see benchmarks/policy/lcbench.py")
    quieten()
    began = time.process_time()
    tasks = _surrogates(options.lcbench, options.part)[: options.tasks]
    earlier = _surrogates(options.lcbench, "develop")
    scales = [TaskScale(task) for task in tasks]
    for points in options.points:
        studies = _studies(points, tasks, earlier, options.seeds)
        base = regrets(studies, scales, options.budgets)
        _print(points, "as it is", base, None)
        for values in options.variants:
            with changed(values):
                _print(points, _name(values), regrets(studies, scales, options.budgets), base)
    print(f"\nCPU time: {time.process_time() - began:.0f} s")


def _name(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())


def _print(points: str, name: str, found: Regrets, base: Regrets | None) -> None:
    for budget, values in found.items():
        line = f"{points:7} {budget:3g} trainings: {mean_with_error(values, 3)}"
        if base is not None:
            pairs = zip(values, base[budget], strict=True)
            line += f", difference {mean_with_error([one - other for one, other in pairs], 3, '+')}"
        print(f"{line}  {name}", flush=True)


if __name__ == "__main__":
    main()
