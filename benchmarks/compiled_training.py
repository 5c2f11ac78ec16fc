"""Whether `torch.compile` pays: what it takes in every training, and what it saves in every epoch.

Two arms, each in a process of its own, run the same trainings one after another, as a search does
with one model in memory:

* `eager`: as `tuner search` trains;
* `compiled`: the same with `--set torch_compile=true` (`--backend`, `--mode`: the settings
  `torch_compile_backend` and `torch_compile_mode`; the mode `reduce-overhead` uses CUDA graphs).

Each training is compiled by itself. Its first epoch holds that: its excess over the later epochs is
what compiling takes, less in later trainings, which find generated code in a cache on the disk. The
RATIO is the median of an eager epoch over that of a compiled one, first epochs left out; both hold
the evaluation, which is never compiled. From how many epochs on a training gains follows from both.
The arms run one after the other, so the machine should be idle.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import Setting, make_parser, open_material, parse, setting_from
from benchmarks.support.smaller import add_cuts, smaller
from tuner.engine import Job, Verdict
from tuner.engines.in_process import open_workbench
from tuner.training.fine_tune import fine_tune
from tuner.training.garbage import only_new_garbage
from tuner.trial import EpochReport, TrialSpec, TrialState

__all__ = ["Trainings", "main", "train", "verdict"]

EAGER = "eager"
COMPILED = "compiled"
FIRST_SEED = 42
# The tiny form leaves out generating code, which needs a C++ compiler and half a minute.
TINY = {"epochs": 2, "trainings": 1, "backend": "eager"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainings:
    """What the trainings of one arm took.

    Attributes:
        arm: `eager` or `compiled`.
        seconds: Per training, those of each epoch with its evaluation; at least two epochs.
        f1s: Per training, development F1 after the last epoch.
    """

    arm: str
    seconds: tuple[tuple[float, ...], ...]
    f1s: tuple[float, ...]

    @property
    def later_epoch(self) -> float:
        """Seconds of an epoch that is not the first of its training: the median."""
        return statistics.median(one for epochs in self.seconds for one in epochs[1:])

    @property
    def excess(self) -> tuple[float, ...]:
        """Per training, seconds by which its first epoch took longer than a later one."""
        return tuple(epochs[0] - self.later_epoch for epochs in self.seconds)


def train(setting: Setting, specs: Sequence[TrialSpec], arm: str) -> Trainings:
    """Run the trainings of an arm on one workbench.

    Args:
        setting: Data, model and device.
        specs: The trainings, in their order.
        arm: Name of the arm.

    Raises:
        RuntimeError: A training failed.
    """
    material = open_material(setting, FIRST_SEED)
    bench = open_workbench(
        material.data, material.source, material.device, max_length=setting.max_length
    )
    ended: list[list[float]] = []
    f1s: list[float] = []

    def note(report: EpochReport) -> Verdict:
        ended[-1].append(time.perf_counter())
        f1s[-1] = report.scores.f1
        return Verdict()

    for number, spec in enumerate(specs):
        with tempfile.TemporaryDirectory() as folder, only_new_garbage():
            job = Job(key=str(number), spec=spec, directory=Path(folder), keep_above=None)
            ended.append([time.perf_counter()])
            f1s.append(0.0)
            outcome = fine_tune(bench, job, note, lambda: False)
        if outcome.state is not TrialState.FINISHED:
            raise RuntimeError(outcome.reason)
    seconds = tuple(tuple(end - start for start, end in itertools.pairwise(ends)) for ends in ended)
    return Trainings(arm=arm, seconds=seconds, f1s=tuple(f1s))


def verdict(eager: Trainings, compiled: Trainings) -> list[str]:
    """Say what compiling takes, what it saves, and when a training gains by it."""
    first, *others = (
        max(0.0, one - other) for one, other in zip(compiled.excess, eager.excess, strict=True)
    )
    again = statistics.median(others) if others else first
    saved = eager.later_epoch - compiled.later_epoch
    return [
        f"Compiling takes {first:.1f} s in the first training, {again:.1f} s in a later one.",
        f"RATIO eager / compiled, a later epoch: {eager.later_epoch / compiled.later_epoch:.2f}",
        f"A later training gains by it from {again / saved:,.0f} epochs on."
        if saved > 0
        else "No training gains by it here: a compiled epoch takes no less time.",
    ]


def print_trainings(eager: Trainings, compiled: Trainings) -> None:
    """Print what each arm took, and what follows."""
    rows = [
        (
            arm.arm,
            f"{arm.seconds[0][0]:.1f}",
            f"{arm.later_epoch:.2f}",
            f"{statistics.mean(arm.f1s):.4f}",
        )
        for arm in (eager, compiled)
    ]
    columns = ("arm", "s, first epoch of all", "s, a later epoch", "dev F1, last (mean)")
    print_table("The same trainings, one after another in one process", columns, rows)
    print("\n".join(verdict(eager, compiled)))


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(__doc__, "runs/benchmarks/compiled_training.json")
    add_cuts(parser)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=3, help="of each training (%(default)s)")
    parser.add_argument("--trainings", type=int, default=2, help="one per seed (%(default)s)")
    parser.add_argument("--backend", default="inductor", help="(%(default)s)")
    parser.add_argument("--mode", help="such as reduce-overhead or max-autotune")
    return parse(parser, arguments, TINY)


def settings_of(options: argparse.Namespace) -> Mapping[str, str]:
    """Return the `TrainingArguments` of the compiled arm."""
    mode = {} if options.mode is None else {"torch_compile_mode": options.mode}
    return {"torch_compile_backend": options.backend, **mode}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    options = parse_options(arguments)
    if options.epochs < 2:
        raise SystemExit("--epochs must be 2 at least: the first of a training is set apart.")
    start = environment()
    plain = [
        TrialSpec(
            learning_rate=options.learning_rate,
            batch_size=options.batch_size,
            epochs=options.epochs,
            seed=FIRST_SEED + seed,
        )
        for seed in range(options.trainings)
    ]
    specs = {
        EAGER: plain,
        COMPILED: [replace(spec, extra=dict(settings_of(options))) for spec in plain],
    }
    with tempfile.TemporaryDirectory() as scratch:
        setting = smaller(setting_from(options, Path(scratch)), options, Path(scratch))
        arms = {arm: in_own_process(train, setting, own, arm) for arm, own in specs.items()}
    print_trainings(arms[EAGER], arms[COMPILED])
    write_figures(options.output, start, arms=list(arms.values()), settings=settings_of(options))


if __name__ == "__main__":
    main()
