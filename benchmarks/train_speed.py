"""Speed of one training: our loop against the transformers Trainer, alone and grouping by length.

Three arms train the same model on the same encoded rows with the same hyperparameters, seed, batch
size and precision, evaluate after every epoch with the same score function, and save nothing:

* `tuner`: our in-process engine;
* `trainer`: the Trainer with `DataCollatorForTokenClassification` and its default, random sampling;
* `trainer, grouped`: the same with `train_sampling_strategy="group_by_length"`, which groups the
  evaluation too.

A fourth arm, the arithmetic floor, runs forward, backward and optimizer over rows sorted by length,
and counts only the share of that time that real tokens took: no loop with these batches can need
less, unless it computes less.

Each arm has a process of its own; the arms take turns, and the order rotates. The clock runs from
the start of the training to its end, evaluations included; loading and encoding are not counted.
`tokens/s` are real training tokens over all of that time. The RATIO is the time per epoch of an arm
over ours, within the same seed and repeat (median, and the smallest and largest). The same ratio of
processor time stands beside it, which a busy machine disturbs less.

F1 is that of the last epoch, so that nothing is selected: mean and standard deviation over the
seeds show whether batches of similar length cost anything.

Then one trial is run as a search runs it, with its best model and checkpoints on disk, and its time
is counted by phase. The ceiling is what the machine's matrix products, measured at the shapes of
this training, would allow in tokens per second. With `--clock processor` tokens per second, phases
and ceiling are counted in processor seconds; set OMP_NUM_THREADS=1 then.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.support.arithmetic_floor import time_floor
from benchmarks.support.clock import add_clock
from benchmarks.support.matrix_rate import ceiling
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, write_figures
from benchmarks.support.setting import Setting, make_parser, parse, setting_from
from benchmarks.support.smaller import add_cuts, smaller
from benchmarks.support.speed_report import (
    FLOOR,
    GROUPED,
    OURS,
    PLAIN,
    Run,
    print_phases,
    print_speed,
)
from benchmarks.support.timing import Plan, Timing
from benchmarks.support.training_arms import time_grouped_trainer, time_trainer, time_tuner
from benchmarks.support.trial_phases import TrialPhases, profile_trial
from tuner.trial import TrialSpec

TINY = {"epochs": 1, "seeds": 1, "repeats": 1}
FIRST_SEED = 42

ARMS: Mapping[str, Callable[[Plan], Timing]] = {
    OURS: time_tuner,
    PLAIN: time_trainer,
    GROUPED: time_grouped_trainer,
    FLOOR: time_floor,
}


def measure(plans: Sequence[Plan], arms: Sequence[str], isolated: bool) -> Iterator[Run]:
    """Run all arms in turn, beginning with another one each time.

    Args:
        plans: The trainings, in their order; those with the same seed are repeats.
        arms: Names in `ARMS`.
        isolated: Whether each arm gets a process of its own.
    """
    for number, plan in enumerate(plans):
        turn = number % len(arms)
        for arm in (*arms[turn:], *arms[:turn]):
            timing = in_own_process(ARMS[arm], plan) if isolated else ARMS[arm](plan)
            seed = plan.spec.seed
            print(f"{arm}, seed {seed}: {timing.seconds_per_epoch:.1f} s per epoch", flush=True)
            yield Run(arm=arm, seed=seed, repeat=number, timing=timing)


def profile(plans: Sequence[Plan], clock: str, isolated: bool) -> list[TrialPhases]:
    """Run the first repeat of each seed as a trial, with its time counted by phase."""
    first = {plan.spec.seed: plan for plan in reversed(plans)}
    return [
        in_own_process(profile_trial, plan, clock) if isolated else profile_trial(plan, clock)
        for plan in first.values()
    ]


def plans_of(options: argparse.Namespace, setting: Setting) -> list[Plan]:
    """Return the trainings that the command line asks for."""
    return [
        Plan(
            setting=setting,
            spec=TrialSpec(
                learning_rate=options.learning_rate,
                batch_size=options.batch_size,
                epochs=options.epochs,
                seed=FIRST_SEED + seed,
            ),
            evaluation_batch_size=options.evaluation_batch_size,
        )
        for _, seed in itertools.product(range(options.repeats), range(options.seeds))
    ]


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(__doc__, "runs/benchmarks/train_speed.json")
    add_cuts(parser)
    add_clock(parser)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument(
        "--evaluation-batch-size",
        type=int,
        default=8,
        help="of the two Trainer arms; 8 is the Trainer's default and pads less than 16",
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="how often each seed")
    parser.add_argument("--phases-only", action="store_true", help="profile our trial, no arms")
    return parse(parser, arguments, TINY)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    options = parse_options(arguments)
    start = environment()
    isolated = not options.tiny
    with tempfile.TemporaryDirectory() as scratch:
        setting = smaller(setting_from(options, Path(scratch)), options, Path(scratch))
        plans = plans_of(options, setting)
        arms = [] if options.phases_only else list(ARMS)
        runs = list(measure(plans, arms, isolated)) if arms else []
        phases = profile(plans, options.clock, isolated)
        rate = ceiling(plans[0], options.clock)
    if runs:
        print_speed(runs, tuple(ARMS), options.clock)
    print_phases(phases, rate, options.clock)
    write_figures(
        options.output, start, plan=plans[0], runs=runs, phases=phases, ceiling=rate.tokens
    )


if __name__ == "__main__":
    main()
