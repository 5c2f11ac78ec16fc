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
"""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmarks.support.arithmetic_floor import time_floor
from benchmarks.support.plain_trainer import EpochScores, plain_arguments, plain_trainer
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, shown, spread, write_figures
from benchmarks.support.setting import (
    make_parser,
    open_material,
    parse,
    setting_from,
)
from benchmarks.support.timing import Plan, Stopwatch, Timing
from tuner.engine import EpochDone, Job, JobEnded, Verdict
from tuner.engines.in_process import InProcessEngine, open_workbench
from tuner.trial import EpochReport, TrialSpec, TrialState

TINY = {"epochs": 1, "seeds": 1, "repeats": 1}
NEVER_SAVE = 2.0
"""`keep_above` that no F1 reaches: no arm writes a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A timing and where it belongs."""

    arm: str
    seed: int
    repeat: int
    timing: Timing


def time_tuner(plan: Plan) -> Timing:
    """Time a training in our in-process engine."""
    material = open_material(plan.setting, plan.spec.seed)
    bench = open_workbench(
        material.data,
        material.source,
        material.device,
        max_length=plan.setting.max_length,
        checkpoint_every=math.inf,
    )
    engine = InProcessEngine(bench, material.data)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(key="speed", spec=plan.spec, directory=Path(folder), keep_above=NEVER_SAVE)
        watch = Stopwatch()
        engine.start(job)
        reports = _follow(engine)
        seconds, processor = watch.read()
    engine.close()
    return Timing(
        seconds=seconds,
        processor_seconds=processor,
        epochs=len(reports),
        tokens=sum(report.tokens for report in reports),
        padded_tokens=sum(report.padded_tokens for report in reports),
        f1s=tuple(report.scores.f1 for report in reports),
    )


def _follow(engine: InProcessEngine) -> list[EpochReport]:
    reports: list[EpochReport] = []
    while True:
        match engine.next_message(1.0):
            case EpochDone(key=key, report=report):
                reports.append(report)
                engine.answer(key, Verdict())
            case JobEnded(outcome=outcome):
                if outcome.state is not TrialState.FINISHED:
                    raise RuntimeError(outcome.reason)
                return reports


def time_trainer(plan: Plan, sampling: str = "random") -> Timing:
    """Time a training of the plain Trainer.

    Args:
        plan: The training.
        sampling: Its `train_sampling_strategy`.
    """
    from transformers import set_seed

    spec = plan.spec
    material = open_material(plan.setting, spec.seed)
    set_seed(spec.seed)
    scores = EpochScores()
    with tempfile.TemporaryDirectory() as folder:
        arguments = plain_arguments(
            material,
            Path(folder),
            learning_rate=spec.learning_rate,
            per_device_train_batch_size=spec.batch_size,
            per_device_eval_batch_size=plan.evaluation_batch_size,
            num_train_epochs=spec.epochs,
            warmup_steps=spec.warmup_ratio,
            weight_decay=spec.weight_decay,
            lr_scheduler_type=spec.schedule,
            seed=spec.seed,
            train_sampling_strategy=sampling,
        )
        trainer = plain_trainer(material, arguments, callbacks=[scores])
        watch = Stopwatch()
        trainer.train()
        seconds, processor = watch.read()
    return Timing(
        seconds=seconds,
        processor_seconds=processor,
        epochs=spec.epochs,
        tokens=trainer.tokens,
        padded_tokens=trainer.padded_tokens,
        f1s=tuple(scores.f1s),
    )


def time_grouped_trainer(plan: Plan) -> Timing:
    """Time a training of the Trainer that groups by length."""
    return time_trainer(plan, "group_by_length")


OURS = "tuner"
PLAIN = "trainer"
GROUPED = "trainer, grouped"
FLOOR = "arithmetic floor"
ARMS: Mapping[str, Callable[[Plan], Timing]] = {
    OURS: time_tuner,
    PLAIN: time_trainer,
    GROUPED: time_grouped_trainer,
    FLOOR: time_floor,
}


def measure(plan: Callable[[int], Plan], seeds: int, repeats: int, isolated: bool) -> Iterator[Run]:
    """Run all arms in turn, beginning with another one each time.

    Args:
        plan: Seed to the training with that seed.
        seeds: How many seeds, from 42 on.
        repeats: How often each.
        isolated: Whether each arm gets a process of its own.
    """
    names = list(ARMS)
    rounds = itertools.product(range(repeats), range(42, 42 + seeds))
    for number, (repeat, seed) in enumerate(rounds):
        turn = number % len(names)
        for arm in (*names[turn:], *names[:turn]):
            work = ARMS[arm]
            timing = in_own_process(work, plan(seed)) if isolated else work(plan(seed))
            print(f"{arm}, seed {seed}: {timing.seconds_per_epoch:.1f} s per epoch", flush=True)
            yield Run(arm=arm, seed=seed, repeat=repeat, timing=timing)


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


def last_f1s(runs: Sequence[Run], arm: str) -> list[float]:
    """F1 after the last epoch, one per seed."""
    found = {run.seed: run.timing.f1s[-1] for run in runs if run.arm == arm and run.timing.f1s}
    return [found[seed] for seed in sorted(found)]


def print_report(runs: Sequence[Run]) -> None:
    """Print times, padding and F1 of all arms, and the ratios."""
    title = "One training, evaluated after every epoch; s and tokens/s hold for this machine"
    print_table(title, COLUMNS, [_row(runs, arm) for arm in ARMS])
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


def _row(runs: Sequence[Run], arm: str) -> tuple[str, ...]:
    timings = [run.timing for run in runs if run.arm == arm]
    against = ratios(runs, arm, by_wall)
    return (
        arm,
        f"{median(against):.2f}",
        f"{min(against):.2f} to {max(against):.2f}",
        f"{median(ratios(runs, arm, by_processor)):.2f}",
        f"{median(timing.tokens / timing.seconds for timing in timings):,.0f}",
        f"{mean(timing.padding for timing in timings):.1%}",
        f"{median(timing.seconds_per_epoch for timing in timings):.1f}",
        shown(last_f1s(runs, arm)),
    )


def difference(runs: Sequence[Run], arm: str) -> str:
    """Difference of the mean F1 over the seeds, ours minus an arm's, with its standard error."""
    ours, theirs = last_f1s(runs, OURS), last_f1s(runs, arm)
    gap = mean(ours) - mean(theirs)
    error = math.hypot(spread(ours), spread(theirs)) / math.sqrt(len(ours))
    return f"{gap:+.4f} (standard error {error:.4f}, {len(ours)} seeds)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/train_speed.json")
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
    options = parse(parser, arguments, TINY)
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        setting = setting_from(options, Path(scratch))

        def plan(seed: int) -> Plan:
            spec = TrialSpec(
                learning_rate=options.learning_rate,
                batch_size=options.batch_size,
                epochs=options.epochs,
                seed=seed,
            )
            return Plan(
                setting=setting, spec=spec, evaluation_batch_size=options.evaluation_batch_size
            )

        runs = list(measure(plan, options.seeds, options.repeats, not options.tiny))
    print_report(runs)
    write_figures(options.output, start, plan=plan(42), runs=runs)


if __name__ == "__main__":
    main()
