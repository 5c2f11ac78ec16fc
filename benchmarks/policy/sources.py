"""Where learning curves come from, and what the scripts here share on the command line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.policy.final_values import final_value_tasks
from benchmarks.policy.lcbench import DEVELOPED_ON, lcbench_tasks
from benchmarks.policy.recorded import recorded_tasks
from benchmarks.policy.task import Task

__all__ = ["SOURCES", "add_source_options", "each_source", "quieten", "tasks_of"]

LCBENCH = Path(__file__).resolve().parents[3] / "shared" / "benchdata" / "lcbench"
SOURCES = ("lcbench", "final-values", "curves")


def tasks_of(source: str, lcbench: Path, part: str = "report") -> list[Task]:
    """Return the data sets of a source.

    Args:
        source: One of `SOURCES`.
        lcbench: Folder of the surrogate.
        part: `develop` for the data sets that the policy was chosen on, `report` for the others;
            the other sources have one part.
    """
    if source == "lcbench":
        tasks = lcbench_tasks(lcbench)
        return [*(tasks[:DEVELOPED_ON] if part == "develop" else tasks[DEVELOPED_ON:])]
    return [*(final_value_tasks() if source == "final-values" else recorded_tasks())]


def add_source_options(
    parser: argparse.ArgumentParser, sources: Sequence[str], budgets: Sequence[float], part: str
) -> None:
    """Add the options that say what is judged.

    Args:
        parser: The script's.
        sources: Those that it can judge; all of them are the default.
        budgets: Default, in full trainings.
        part: Default, see `tasks_of`.
    """
    parser.add_argument("--source", nargs="+", choices=sources, default=sources)
    parser.add_argument("--lcbench", type=Path, default=LCBENCH, metavar="DIR")
    parser.add_argument("--part", choices=("report", "develop"), default=part)
    parser.add_argument("--budgets", nargs="+", type=float, default=budgets, metavar="N")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="studies per data set")
    parser.add_argument("--tasks", type=int, metavar="N", help="data sets at most")


def each_source(options: argparse.Namespace) -> Iterator[tuple[str, list[Task]]]:
    """Yield each source with its data sets, between its heading and the time that it took.

    Args:
        options: Those of `add_source_options`.
    """
    quieten()
    for source in options.source:
        if source == "lcbench" and not options.lcbench.is_dir():
            print(f"{source}: {options.lcbench} is not there; see benchmarks/policy/lcbench.py.")
            continue
        tasks = tasks_of(source, options.lcbench, options.part)[: options.tasks]
        print(f"\n## {source}: {len(tasks)} data sets, {options.seeds} studies each\n", flush=True)
        began = time.process_time()
        yield source, tasks
        print(f"\nCPU time: {time.process_time() - began:.0f} s", flush=True)


def quieten() -> None:
    """Use one thread, and leave out what Optuna says of its progress."""
    import warnings

    import optuna
    import torch

    torch.set_num_threads(1)  # the Gaussian process is small: more threads only wait
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
