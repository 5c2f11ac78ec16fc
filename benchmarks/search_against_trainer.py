"""Search: ours against `Trainer.hyperparameter_search(backend="optuna")`, in the same time.

The arms get the same model, data, seeds and seconds, each in a process of its own:

* `tuner`: `tuner.search` on a space, without the confirmation by further seeds, so that all of the
  time goes into the search;
* `trainer`: the Trainer's search on the same space, told to maximise F1, with the same warm-up and
  weight decay; Optuna's sampler and pruner, batches and evaluation are what it comes with;
* `trainer, all defaults`: its own space (`default_hp_space_optuna`), objective (the sum of all
  metrics) and direction (minimise), as it is when nothing is said.

With `--space benchmarks/spaces/trainer.toml` the first two search the Trainer's own ranges instead,
from its default settings. `--arms` leaves arms out.

Compared is the best development F1 of any evaluation so far, over elapsed time and over real tokens
trained: the second leaves out how fast the loops are. The clock starts when the libraries are
loaded and includes reading data and weights; what is evaluated after the time is over does not
count. `handed over` is the F1 of the trial that the search names as its best; for the Trainer that
may be the one that was cut short, evaluated when the time was over. With `--clock processor` all
times are processor seconds of the arm's own process; set OMP_NUM_THREADS=1 then.

Each RATIO is the Trainer's cost over ours, the median over data sets and seeds, above 1 where ours
is cheaper:

* `whole budget`: all of the Trainer's time, over ours until it had the best F1 that the Trainer
  found in all of its time;
* `its best`: the same over the time at which the Trainer first had that F1;
* `level`: until both had the lower of their two final F1.

Where ours never got there, the ratio is over all that ours spent, and an upper bound.

The same command goes on after an interruption: searches in the journal beside `--output` are not
repeated.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.support.clock import add_clock
from benchmarks.support.contest import OURS, Contest, read_space, search_tuner
from benchmarks.support.journal import Journal
from benchmarks.support.picture import draw
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, shown, write_figures
from benchmarks.support.score_over_time import Point, Trace, best_by, by_seconds, by_tokens
from benchmarks.support.search_ratios import described, savings_to_level, savings_to_their_best
from benchmarks.support.setting import make_parser, parse
from benchmarks.support.smaller import add_cuts, settings_from
from benchmarks.support.trainer_search import (
    THEIR_DEFAULTS,
    THEIRS,
    search_trainer,
    search_trainer_by_default,
)

SPACES = Path(__file__).parent / "spaces"
TINY = {"minutes": 0.03, "seeds": 1, "space": str(SPACES / "tiny.toml")}
SHARES = (0.1, 0.25, 0.5, 1.0)
FIRST_SEED = 42

ARMS: Mapping[str, Callable[[Contest], Trace]] = {
    OURS: search_tuner,
    THEIRS: search_trainer,
    THEIR_DEFAULTS: search_trainer_by_default,
}
CONDITIONS = (
    "model", "layers", "sample", "dev_sample", "max_length", "device", "minutes", "clock", "space",
)  # fmt: skip
"""Options that must be the same for searches to be compared."""


def measure(
    contests: Sequence[Contest], arms: Sequence[str], journal: Journal[Trace], isolated: bool
) -> Iterator[Trace]:
    """Run all arms in turn, beginning with another one for each contest.

    Args:
        contests: Data sets and seeds.
        arms: Names in `ARMS`.
        journal: Searches of earlier calls, which are not repeated.
        isolated: Whether each search gets a process of its own.
    """
    known = {(trace.arm, trace.data, trace.seed): trace for trace in journal.known()}
    for number, contest in enumerate(contests):
        turn = number % len(arms)
        for arm in (*arms[turn:], *arms[:turn]):
            trace = known.get((arm, contest.data, contest.seed))
            if trace is None:
                work = ARMS[arm]
                trace = in_own_process(work, contest) if isolated else work(contest)
                journal.add(trace)
            where = f"{arm}, {contest.data}, seed {contest.seed}"
            print(f"{where}: {trace.trials} trials, F1 {trace.final:.4f}", flush=True)
            yield trace


def print_report(traces: Sequence[Trace], arms: Sequence[str], budget: float) -> None:
    """Print the tables of each data set, and the ratios over all."""
    columns = ("arm", *(f"{share:.0%}" for share in SHARES), "trials", "handed over")
    for data in dict.fromkeys(trace.data for trace in traces):
        own = [trace for trace in traces if trace.data == data]
        least = min((trace.points[-1].tokens for trace in own if trace.points), default=1)
        title = f"{data}: best development F1 by share of the time"
        print_table(title, columns, _rows(own, arms, by_seconds, budget))
        title = f"{data}: best development F1 by share of {least:,} tokens trained"
        print_table(title, columns, _rows(own, arms, by_tokens, least))
    print_ratios(traces, budget)


def print_ratios(traces: Sequence[Trace], budget: float) -> None:
    """Print what the Trainer's search cost over what ours did, by each way of counting."""
    both = (OURS, THEIRS)
    whole = savings_to_their_best(traces, by_seconds, both, budget=budget, whole=True)
    print(f"RATIO time, whole budget, {THEIRS} / {OURS}: {described(whole)}")
    for name, cost, limit in (("time", by_seconds, budget), ("tokens", by_tokens, None)):
        best = savings_to_their_best(traces, cost, both, budget=limit)
        print(f"RATIO {name}, its best, {THEIRS} / {OURS}: {described(best)}")
        level = savings_to_level(traces, cost, both)
        print(f"RATIO {name}, level, {THEIRS} / {OURS}: {described(level)}")


def _rows(
    traces: Sequence[Trace], arms: Sequence[str], cost: Callable[[Point], float], limit: float
) -> list[tuple[str, ...]]:
    rows = []
    for arm in arms:
        own = [trace for trace in traces if trace.arm == arm]
        grown = (shown([best_by(t, cost, share * limit) for t in own], 3) for share in SHARES)
        trials = statistics.mean(trace.trials for trace in own)
        named = [trace.handed_over for trace in own if trace.handed_over is not None]
        rows.append((arm, *grown, f"{trials:.1f}", shown(named, 3)))
    return rows


def make_contests(options: argparse.Namespace, scratch: Path) -> list[Contest]:
    """Return one contest per seed and data set, so that an early end leaves some of each."""
    read_space(options.space)
    settings = settings_from(options, scratch)
    contests = [
        Contest(
            data=name,
            setting=setting,
            seed=FIRST_SEED,
            seconds=60.0 * options.minutes,
            clock=options.clock,
            space=options.space,
        )
        for name, setting in settings.items()
    ]
    return [
        replace(contest, seed=FIRST_SEED + seed)
        for seed in range(options.seeds)
        for contest in contests
    ]


def open_journal(options: argparse.Namespace) -> Journal[Trace]:
    """Return the journal beside the figures; a tiny run has none."""
    conditions: dict[str, Any] = {name: getattr(options, name) for name in CONDITIONS}
    path = None if options.tiny else options.output.with_suffix(".jsonl")
    return Journal(path, Trace, conditions)


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(__doc__, "runs/benchmarks/search_against_trainer.json", several_data=True)
    add_cuts(parser)
    add_clock(parser)
    parser.add_argument("--minutes", type=float, default=5.0, help="per arm, data set and seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="+", choices=tuple(ARMS), default=list(ARMS), metavar="ARM")
    parser.add_argument(
        "--space",
        default="encoder-small",
        help="study file with the space of the first two arms (%(default)s)",
    )
    parser.add_argument("--picture", type=Path, help="PNG (default: beside the figures)")
    return parse(parser, arguments, TINY)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, draw, write."""
    options = parse_options(arguments)
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        contests = make_contests(options, Path(scratch))
        traces = list(measure(contests, options.arms, open_journal(options), not options.tiny))
    budget = contests[0].seconds
    print_report(traces, options.arms, budget)
    draw(traces, options.arms, budget, options.picture or options.output.with_suffix(".png"))
    write_figures(options.output, start, contests=contests, traces=traces)


if __name__ == "__main__":
    main()
