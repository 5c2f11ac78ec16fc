"""What a comparison of training speed says: ratios of the arms, and phases of our trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from benchmarks.support.clock import PROCESSOR, WALL
from benchmarks.support.matrix_rate import MatrixRate
from benchmarks.support.report import print_table, shown, spread
from benchmarks.support.timing import Timing
from benchmarks.support.trial_phases import ARITHMETIC, EVALUATION, PHASES, TrialPhases

__all__ = [
    "FLOOR",
    "GROUPED",
    "OURS",
    "PLAIN",
    "Run",
    "difference",
    "print_phases",
    "print_speed",
    "ratios",
]

OURS = "tuner"
PLAIN = "trainer"
GROUPED = "trainer, grouped"
FLOOR = "arithmetic floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A timing and where it belongs."""

    arm: str
    seed: int
    repeat: int
    timing: Timing


def ratios(runs: Sequence[Run], arm: str, cost: Callable[[Timing], float]) -> list[float]:
    """Cost per epoch of an arm over ours, for each seed and repeat."""
    costs = {(r.arm, r.seed, r.repeat): cost(r.timing) / r.timing.epochs for r in runs}
    return [
        spent / costs[OURS, seed, repeat]
        for (name, seed, repeat), spent in costs.items()
        if name == arm
    ]


def by_wall(timing: Timing) -> float:
    """Wall time of a training."""
    return timing.seconds


def by_processor(timing: Timing) -> float:
    """Processor time of a training."""
    return timing.processor_seconds


_COSTS: Mapping[str, Callable[[Timing], float]] = {WALL: by_wall, PROCESSOR: by_processor}


def last_f1s(runs: Sequence[Run], arm: str) -> list[float]:
    """F1 after the last epoch, one per seed."""
    found = {run.seed: run.timing.f1s[-1] for run in runs if run.arm == arm and run.timing.f1s}
    return [found[seed] for seed in sorted(found)]


def print_speed(runs: Sequence[Run], arms: Sequence[str], clock: str) -> None:
    """Print times, padding and F1 of all arms, and the ratios.

    Args:
        runs: All timings.
        arms: Names of the arms, in the order of the table.
        clock: What tokens per second and seconds per epoch are counted in.
    """
    title = "One training, evaluated after every epoch; s and tokens/s hold for this machine"
    print_table(title, COLUMNS, [_row(runs, arm, clock) for arm in arms])
    for arm in (PLAIN, GROUPED):
        wall, processor = (median(ratios(runs, arm, cost)) for cost in (by_wall, by_processor))
        print(f"RATIO {arm} / tuner: {wall:.2f} in time, {processor:.2f} in processor time")
        print(f"F1 of tuner minus {arm}: {difference(runs, arm)}")


COLUMNS = (
    "arm",
    "time / ours",
    "range",
    "processor",
    "tokens/s",
    "padding",
    "s per epoch",
    "dev F1, last",
)


def _row(runs: Sequence[Run], arm: str, clock: str) -> tuple[str, ...]:
    timings = [run.timing for run in runs if run.arm == arm]
    against = ratios(runs, arm, by_wall)
    cost = _COSTS[clock]
    return (
        arm,
        f"{median(against):.2f}",
        f"{min(against):.2f} to {max(against):.2f}",
        f"{median(ratios(runs, arm, by_processor)):.2f}",
        f"{median(timing.tokens / cost(timing) for timing in timings):,.0f}",
        f"{mean(timing.padding for timing in timings):.1%}",
        f"{median(cost(timing) / timing.epochs for timing in timings):.1f}",
        shown(last_f1s(runs, arm)),
    )


def difference(runs: Sequence[Run], arm: str) -> str:
    """Difference of the mean F1 over the seeds, ours minus an arm's, with its standard error."""
    ours, theirs = last_f1s(runs, OURS), last_f1s(runs, arm)
    gap = mean(ours) - mean(theirs)
    error = math.hypot(spread(ours), spread(theirs)) / math.sqrt(len(ours))
    return f"{gap:+.4f} (standard error {error:.4f}, {len(ours)} seeds)"


def print_phases(trials: Sequence[TrialPhases], rate: MatrixRate, clock: str) -> None:
    """Print where the time of our trials went, and how near the machine's ceiling they came."""
    epochs = sum(trial.epochs for trial in trials)
    rows = [
        (
            phase,
            f"{sum(trial.seconds[phase] for trial in trials) / epochs:.3f}",
            f"{_share(trials, phase):.1%}",
        )
        for phase in PHASES
    ]
    title = f"One trial as a search runs it, by phase ({clock} time)"
    print_table(title, ("phase", "s per epoch", "share"), rows)
    arithmetic, all_forward = (_share(trials, *p) for p in (ARITHMETIC, (*ARITHMETIC, EVALUATION)))
    print(
        f"Forward, backward and optimizer: {arithmetic:.1%} of the trial; "
        f"{all_forward:.1%} with the forward passes of evaluations."
    )
    seconds = sum(trial.seconds[phase] for trial in trials for phase in ARITHMETIC)
    tokens = sum(trial.tokens for trial in trials) / seconds
    print(
        f"Tokens per second in these three: {tokens:,.0f}; at the rate of matrix products alone "
        f"({rate.operations / 1e9:,.0f} GFLOP/s) {rate.tokens:,.0f}: {tokens / rate.tokens:.0%}."
    )


def _share(trials: Sequence[TrialPhases], *phases: str) -> float:
    wanted = sum(trial.seconds[phase] for trial in trials for phase in phases)
    return wanted / sum(trial.total for trial in trials)
