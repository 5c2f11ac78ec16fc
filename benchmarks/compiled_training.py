"""Whether `torch.compile` pays in a study: what it takes once, and what it saves in every epoch.

Two arms, each in a process of its own, run the same trainings one after another, as a search does
with one model in memory:

* `eager`: as `tuner search` trains;
* `compiled`: the same with `--set torch_compile=true` (`--backend`, `--mode`: the settings
  `torch_compile_backend` and `torch_compile_mode`; the mode `reduce-overhead` uses CUDA graphs).

The first epoch of a compiled arm holds the compilation: its excess over the later epochs is what
compiling takes. The RATIO is the median of an eager epoch, with its evaluation, over that of a
compiled one, without the first. From both follows from how many epochs on compiling pays.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.clock import CLOCKS, add_clock
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import Setting, make_parser, open_material, parse, setting_from
from benchmarks.support.smaller import add_cuts, smaller
from tuner.engine import Job, Verdict
from tuner.engines.in_process import open_workbench
from tuner.training.fine_tune import fine_tune
from tuner.training.garbage import only_new_garbage
from tuner.trial import EpochReport, TrialSpec, TrialState

__all__ = ["Epochs", "main", "train"]

EAGER = "eager"
COMPILED = "compiled"
FIRST_SEED = 42
# The tiny form leaves out generating code, which needs a C++ compiler and half a minute.
TINY = {"epochs": 2, "trainings": 2, "backend": "eager"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    """What the epochs of one arm took.

    Attributes:
        arm: `eager` or `compiled`.
        seconds: Of each epoch with its evaluation, in the order in which they were trained.
        f1s: Development F1 after the last epoch of each training.
    """

    arm: str
    seconds: tuple[float, ...]
    f1s: tuple[float, ...]

    @property
    def later(self) -> float:
        """Seconds of an epoch after the first: the median."""
        return statistics.median(self.seconds[1:])

    @property
    def once(self) -> float:
        """Seconds by which the first epoch took longer."""
        return self.seconds[0] - self.later


def train(setting: Setting, specs: Sequence[TrialSpec], arm: str, clock: str) -> Epochs:
    """Run the trainings of an arm on one workbench.

    Args:
        setting: Data, model and device.
        specs: The trainings, in their order.
        arm: Name of the arm.
        clock: Name in `CLOCKS`.

    Raises:
        RuntimeError: A training failed.
    """
    material = open_material(setting, FIRST_SEED)
    bench = open_workbench(
        material.data, material.source, material.device, max_length=setting.max_length
    )
    read = CLOCKS[clock]
    seconds: list[float] = []
    f1s: list[float] = []
    began = read()

    def note(report: EpochReport) -> Verdict:
        nonlocal began
        now = read()
        seconds.append(now - began)
        began = now
        f1s[-1] = report.scores.f1
        return Verdict()

    for number, spec in enumerate(specs):
        f1s.append(0.0)
        with tempfile.TemporaryDirectory() as folder, only_new_garbage():
            job = Job(key=str(number), spec=spec, directory=Path(folder), keep_above=None)
            began = read()
            outcome = fine_tune(bench, job, note, lambda: False)
        if outcome.state is not TrialState.FINISHED:
            raise RuntimeError(outcome.reason)
    return Epochs(arm=arm, seconds=tuple(seconds), f1s=tuple(f1s))


def print_epochs(eager: Epochs, compiled: Epochs) -> None:
    """Print what each arm took, and from how many epochs on compiling pays."""
    rows = [
        (
            arm.arm,
            f"{arm.seconds[0]:.1f}",
            f"{arm.later:.2f}",
            f"{statistics.mean(arm.f1s):.4f}",
        )
        for arm in (eager, compiled)
    ]
    columns = ("arm", "s, first epoch", "s, a later epoch", "dev F1, last (mean)")
    print_table("The same trainings, one after another in one process", columns, rows)
    once = compiled.once - eager.once
    saved = eager.later - compiled.later
    print(f"Compiling takes {once:.1f} s once.")
    print(f"RATIO eager / compiled, a later epoch: {eager.later / compiled.later:.2f}")
    print(
        f"It pays from {once / saved:,.0f} epochs on, all trials of a process together."
        if saved > 0
        else "It never pays here: a compiled epoch takes no less time."
    )


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(__doc__, "runs/benchmarks/compiled_training.json")
    add_cuts(parser)
    add_clock(parser)
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
    if options.epochs * options.trainings < 2:
        raise SystemExit("--epochs x --trainings must be 2 at least: the first epoch is set apart.")
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
        arms = {
            arm: in_own_process(train, setting, own, arm, options.clock)
            for arm, own in specs.items()
        }
    print_epochs(arms[EAGER], arms[COMPILED])
    write_figures(options.output, start, arms=list(arms.values()), settings=settings_of(options))


if __name__ == "__main__":
    main()
