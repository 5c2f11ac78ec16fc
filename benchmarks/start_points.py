"""Settings that a search may try first: which are good, and what do they take?

The first trials of a search are points known to be good, so the whole of a small search hangs on
them. Candidates, each a learning rate, a batch size and a number of epochs, are trained on small
samples of one or more data sets, with several seeds; every seed has sentences of its own.

The tables give the development F1 that a search would compare the settings by, the difference to
the first candidate (paired by data set and seed) with its standard error over all pairs, and the
processor time over that of the first. Then, for every set of `--points` candidates, the mean of the
best F1 in the set: what a search knows when its start is over.

The RATIO is the processor time of each candidate over that of the first one.

The same command goes on after an interruption: trainings in the journal beside `--output` are not
repeated.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.journal import Journal
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import make_parser, parse
from benchmarks.support.small_training import open_small, train_unsaved
from benchmarks.support.smaller import add_cuts, settings_from
from benchmarks.support.standard_error import mean_with_error
from tuner.kept_epoch import settled_score
from tuner.training.fine_tune import Workbench
from tuner.trial import TrialSpec, TrialState

TINY = {"seeds": 1, "candidates": ["1e-3:8:1", "2e-3:8:2"], "points": 1}
CANDIDATES = ["3e-4:16:10", "5e-4:16:10", "1e-4:8:15", "3e-4:8:10", "5e-4:8:10", "1e-3:16:10"]
CONDITIONS = ("model", "layers", "dev_sample", "max_length", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One candidate, trained once.

    Attributes:
        data: Name of the data set.
        sample: Training sentences kept; None: all.
        candidate: Its settings as the command line has them.
        seed: Seed of the sample and of the training.
        f1: Development F1 by which a search compares; 0 when the training failed.
        seconds: Processor time, evaluations included.
    """

    data: str
    sample: int | None
    candidate: str
    seed: int
    f1: float
    seconds: float


def spec_of(candidate: str, seed: int) -> TrialSpec:
    """Read `RATE:BATCH:EPOCHS`.

    Raises:
        SystemExit: The text is something else.
    """
    try:
        rate, batch, epochs = candidate.split(":")
        return TrialSpec(
            learning_rate=float(rate), batch_size=int(batch), epochs=int(epochs), seed=seed
        )
    except ValueError:
        raise SystemExit(f"A candidate is RATE:BATCH:EPOCHS, but got {candidate!r}.") from None


def train(spec: TrialSpec, bench: Workbench) -> tuple[float, float]:
    """Train once; return F1 and processor seconds."""
    start = time.process_time()
    outcome, reports = train_unsaved(bench, spec)
    is_finished = outcome.state is TrialState.FINISHED
    f1 = settled_score(reports, spec) if is_finished else None
    return f1 or 0.0, time.process_time() - start


def work(options: argparse.Namespace) -> Iterator[Tried]:
    """Train all candidates that the journal does not hold."""
    conditions = {name: getattr(options, name) for name in CONDITIONS}
    journal = Journal(
        None if options.tiny else options.output.with_suffix(".jsonl"), Tried, conditions
    )
    known = {_key(tried): tried for tried in journal.known()}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        with tempfile.TemporaryDirectory() as scratch:
            for label, setting in settings_from(options, Path(scratch), seed).items():
                bench: Workbench | None = None
                for candidate in options.candidates:
                    tried = known.get((label, setting.sample, candidate, seed))
                    if tried is None:
                        bench = bench or open_small(setting, seed)[1]
                        f1, seconds = train(spec_of(candidate, seed), bench)
                        tried = Tried(
                            data=label,
                            sample=setting.sample,
                            candidate=candidate,
                            seed=seed,
                            f1=f1,
                            seconds=seconds,
                        )
                        journal.add(tried)
                        print(f"{label}, seed {seed}, {candidate}: {f1:.4f}", flush=True)
                    yield tried


def _key(tried: Tried) -> tuple[str, int | None, str, int]:
    return tried.data, tried.sample, tried.candidate, tried.seed


def print_candidates(all_tried: Sequence[Tried], options: argparse.Namespace) -> None:
    """Print each candidate by data set, and against the first one."""
    names = list(dict.fromkeys(tried.data for tried in all_tried))
    columns = ("candidate", *names, "minus the first", "time")
    first = options.candidates[0]
    rows = []
    for candidate in options.candidates:
        pairs = zip(_scores(all_tried, candidate), _scores(all_tried, first), strict=True)
        row = (
            candidate,
            *(f"{statistics.mean(_scores(all_tried, candidate, name)):.4f}" for name in names),
            mean_with_error([one - other for one, other in pairs], 4, "+"),
            f"{_time_ratio(all_tried, candidate, first):.2f}",
        )
        rows.append(row)
    print_table("Development F1", columns, rows)
    ratios = (f"{one} {_time_ratio(all_tried, one, first):.2f}" for one in options.candidates)
    print(f"RATIO processor time over that of {first}: {', '.join(ratios)}")


def print_sets(all_tried: Sequence[Tried], options: argparse.Namespace) -> None:
    """Print the best sets of candidates, by the mean of the best F1 in each."""
    found = []
    for chosen in itertools.combinations(options.candidates, options.points):
        best = [
            max(scores) for scores in zip(*(_scores(all_tried, c) for c in chosen), strict=True)
        ]
        time_taken = sum(_time_ratio(all_tried, c, options.candidates[0]) for c in chosen)
        found.append((statistics.mean(best), ", ".join(chosen), time_taken))
    rows = [
        (chosen, f"{best:.4f}", f"{taken:.2f}")
        for best, chosen, taken in sorted(found, reverse=True)[: options.shown]
    ]
    print_table(f"Best F1 of {options.points} points", ("points", "best F1", "time"), rows)


def _scores(all_tried: Sequence[Tried], candidate: str, data: str | None = None) -> list[float]:
    return [
        tried.f1
        for tried in all_tried
        if tried.candidate == candidate and data in (None, tried.data)
    ]


def _time_ratio(all_tried: Sequence[Tried], candidate: str, first: str) -> float:
    seconds = {
        name: sum(tried.seconds for tried in all_tried if tried.candidate == name)
        for name in (candidate, first)
    }
    return seconds[candidate] / seconds[first]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/start_points.json", several_data=True)
    add_cuts(parser)
    parser.add_argument("--candidates", nargs="+", default=CANDIDATES, metavar="RATE:BATCH:EPOCHS")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=3, help="candidates in a set")
    parser.add_argument("--shown", type=int, default=10, help="sets shown")
    options = parse(parser, arguments, TINY)
    for candidate in options.candidates:  # before hours are spent on those before a wrong one
        spec_of(candidate, options.first_seed)
    if not 1 <= options.points <= len(options.candidates):
        raise SystemExit(
            f"--points must be between 1 and the number of candidates, {len(options.candidates)}, "
            f"but got {options.points}."
        )
    start = environment()
    tried = list(work(options))
    print_candidates(tried, options)
    print_sets(tried, options)
    write_figures(options.output, start, tried=tried)


if __name__ == "__main__":
    main()
