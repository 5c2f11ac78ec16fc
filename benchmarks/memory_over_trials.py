"""Memory: resident size of one process after few and after many tiny trials.

Two arms run the same number of trainings of a tiny random BERT, each arm in a process of its own:

* `tuner`: `tuner.search`, which keeps one model and restores its weights between trials;
* `trainer`: a loop that builds a model and a Trainer, trains, and drops both.

The RATIO is the resident memory after the last trial over that after an early one: 1 means that a
search may go on for ever.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.support.plain_trainer import plain_arguments, plain_trainer
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import (
    Setting,
    build_model,
    make_parser,
    open_material,
    parse,
    setting_from,
)
from tuner.api import search
from tuner.silent import SilentStudy
from tuner.study_file import read_study_file
from tuner.study_view import StudySnapshot

TINY = {"early": 1, "late": 2}
SPACE = str(Path(__file__).parent / "spaces" / "tiny.toml")
AIM = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Resident memory of one arm.

    Attributes:
        arm: Its name.
        bytes: After each trial.
    """

    arm: str
    bytes: tuple[int, ...]

    def ratio(self, early: int, late: int) -> float:
        """Size after `late` trials over that after `early`."""
        return self.bytes[late - 1] / self.bytes[early - 1]


def resident() -> int:
    """Resident memory of this process, in bytes."""
    return int(psutil.Process().memory_info().rss)


class _Watch(SilentStudy):
    """Notes the resident memory whenever a trial has ended."""

    def __init__(self) -> None:
        self.bytes: list[int] = []

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        if snapshot.finished > len(self.bytes):
            self.bytes.append(resident())


def grow_tuner(setting: Setting, trials: int) -> Sizes:
    """Run our search and weigh the process after each trial."""
    watch = _Watch()
    with tempfile.TemporaryDirectory() as runs:
        search(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            device=setting.device,
            space=SPACE,
            trials=trials,
            confirm=0,
            runs_dir=runs,
            observer=watch,
        )
    return Sizes(arm=OURS, bytes=tuple(watch.bytes))


def grow_trainer(setting: Setting, trials: int) -> Sizes:
    """Run one Trainer after the other and weigh the process after each."""
    recipe = read_study_file(SPACE).recipe
    assert recipe is not None
    material = open_material(setting, recipe.seed)
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(trials):
            arguments = plain_arguments(
                material,
                Path(folder),
                learning_rate=recipe.learning_rate,
                per_device_train_batch_size=recipe.batch_size,
                num_train_epochs=recipe.epochs,
            )
            plain_trainer(material, arguments).train()
            sizes.append(resident())
    return Sizes(arm=THEIRS, bytes=tuple(sizes))


OURS = "tuner"
THEIRS = "trainer"
ARMS: Mapping[str, Callable[[Setting, int], Sizes]] = {OURS: grow_tuner, THEIRS: grow_trainer}


def print_report(arms: Sequence[Sizes], early: int, late: int) -> None:
    """Print sizes and ratios."""
    rows = [
        (
            sizes.arm,
            f"{sizes.ratio(early, late):.3f}",
            f"{sizes.bytes[early - 1] / 2**20:.0f}",
            f"{sizes.bytes[late - 1] / 2**20:.0f}",
        )
        for sizes in arms
    ]
    columns = ("arm", "ratio", f"MiB after {early}", f"MiB after {late}")
    print_table("Resident memory of one process over tiny trials", columns, rows)
    for sizes in arms:
        aim = f" (aim: at most {AIM})" if sizes.arm == OURS else ""
        print(f"RATIO {sizes.arm}, {late} over {early} trials: {sizes.ratio(early, late):.3f}{aim}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/memory_over_trials.json")
    parser.add_argument("--early", type=int, default=5, help="trials after which it is first read")
    parser.add_argument("--late", type=int, default=30, help="trials in all")
    options = parse(parser, arguments, TINY)
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        setting = _with_tiny_model(setting_from(options, Path(scratch)), options.model, scratch)
        arms = [
            work(setting, options.late)
            if options.tiny
            else in_own_process(work, setting, options.late)
            for work in ARMS.values()
        ]
    print_report(arms, options.early, options.late)
    write_figures(options.output, start, early=options.early, late=options.late, arms=arms)


def _with_tiny_model(setting: Setting, model: str | None, scratch: str) -> Setting:
    """Replace the default model by a tiny one, and take few sentences."""
    if model is not None:
        return setting
    return Setting(
        data=setting.data,
        model=str(build_model(setting.data, Path(scratch))),
        sample=setting.sample or 40,
        device=setting.device,
    )


if __name__ == "__main__":
    main()
