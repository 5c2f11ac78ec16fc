"""How fast runs are diagnosed: many run directories, one huge log, and the start of the command.

Measured is the command as a person starts it, in a process of its own, with the largest resident
memory of that process. `--rival` names the command of another linter of training logs, with `{}`
where the path of a `trainer_state.json` goes, such as `--rival "losslint check {} --format json"`;
it runs on the same files in the same call. What the command itself needs to start is measured with
a file of three evaluations and taken off the rest.

The RATIO is the rival's time over ours for one run, start included, and for each further run. A
rival that takes one path a call has its start in every call, so the second is told only for ours.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.support.report import environment, print_table, write_figures

OURS = f"{shlex.quote(sys.executable)} -m tuner diagnose {{}} --fail-on never --format json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one call took.

    Attributes:
        seconds: Wall time.
        processor_seconds: Processor time, which other work on the machine hardly changes.
        megabytes: Largest resident memory, in 10^6 bytes; NaN where the system does not tell.
    """

    seconds: float
    processor_seconds: float
    megabytes: float


def write_state(
    folder: Path, epochs: int, steps_per_epoch: int, seed: int, logging_steps: int = 1
) -> Path:
    """Write the log of a made-up training: some rows of steps, an evaluation per epoch."""
    chance = random.Random(seed)
    peak, speed = chance.uniform(0.3, 0.95), chance.uniform(0.2, 1.0)
    total = epochs * steps_per_epoch
    rows: list[dict[str, Any]] = []
    for step in range(1, total + 1):
        epoch = step / steps_per_epoch
        loss = math.exp(-speed * epoch) + 0.05 * chance.random()
        rate = 3e-5 * (1 - step / (total + 1))
        if step % logging_steps == 0:
            rows.append({"epoch": epoch, "step": step, "loss": loss, "learning_rate": rate})
        if step % steps_per_epoch == 0:
            f1 = peak * (1 - math.exp(-speed * epoch)) + chance.gauss(0, 0.003)
            rows.append({"epoch": epoch, "step": step, "eval_loss": loss + 0.1, "eval_f1": f1})
    state = {
        "best_metric": None,
        "epoch": float(epochs),
        "global_step": total,
        "max_steps": total,
        "num_train_epochs": epochs,
        "train_batch_size": 16,
        "log_history": rows,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "trainer_state.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    return path


def call(command: str, path: Path, *options: str) -> Cost:
    """Run a command on a path in a process of its own.

    Raises:
        SystemExit: The command cannot be started, or says that it could not judge the path.
    """
    words = [word.replace("{}", str(path)) for word in shlex.split(command)] + list(options)
    report = Path(tempfile.gettempdir()) / f"diagnose-speed-{time.monotonic_ns()}"
    watched = [sys.executable, "-c", _WATCH, str(report), *words]
    started = time.perf_counter()
    try:
        ended = subprocess.run(watched, capture_output=True, check=False)
        seconds = time.perf_counter() - started
        code, processor, kilobytes = report.read_text(encoding="utf-8").split()
    except OSError as error:
        raise SystemExit(f"`{words[0]}` cannot be started: {error}") from error
    finally:
        report.unlink(missing_ok=True)
    if int(code) not in (0, 1):
        raise SystemExit(f"`{shlex.join(words)}` ended with {code}: {ended.stderr.decode()[-500:]}")
    return Cost(
        seconds=seconds - _watching(),
        processor_seconds=float(processor),
        megabytes=float(kilobytes) * 1024 / 1e6,
    )


_WATCH = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{code} {used.ru_utime + used.ru_stime} {used.ru_maxrss}")
"""
"""A parent of its own, so that the largest memory is that of this one call."""


def _watching(cache: list[float] = []) -> float:  # noqa: B006 - measured once per process
    """Return what the watching process costs itself."""
    if not cache:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import resource, subprocess"], check=True)
            times.append(time.perf_counter() - started)
        cache.append(median(times))
    return cache[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the files, measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, help="run directories (%(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the huge log")
    parser.add_argument("--repeats", type=int, default=5, help="calls with one run (%(default)s)")
    parser.add_argument("--rival", action="append", default=[], metavar="COMMAND")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/diagnose_speed.json"))
    parser.add_argument("--tiny", action="store_true", help="small files, seconds in all")
    options = parser.parse_args(arguments)
    if options.tiny:
        options.runs, options.rows, options.repeats = 20, 2000, 2
    start = environment()
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(options, Path(folder))
    write_figures(options.output, start, **figures)


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    one = write_state(folder / "one", 3, 20, seed=0)
    starts = [call(OURS, one) for _ in range(options.repeats)]
    for number in range(options.runs):
        write_state(folder / "runs" / f"{number:04d}", 8, 25, seed=number, logging_steps=10)
    many = call(OURS, folder / "runs", "--recursive")
    huge_log = write_state(folder / "huge", 10, options.rows // 10, seed=1)
    huge = call(OURS, huge_log)
    begin = median(cost.seconds for cost in starts)
    per_second = options.runs / max(many.seconds - begin, 1e-9)
    begin_processor = median(cost.processor_seconds for cost in starts)
    computing = max(many.processor_seconds - begin_processor, 1e-9)
    rows = [
        ("one run of 3 epochs, start included", *_shown(starts)),
        (f"{options.runs} runs of 8 epochs, 20 logged losses", *_shown([many])),
        (f"one log of {options.rows:,} rows", *_shown([huge])),
    ]
    rivals: dict[str, dict[str, list[Cost]]] = {}
    for rival in options.rival:
        name = Path(shlex.split(rival)[0]).name
        rivals[name] = {
            "one": [call(rival, one) for _ in range(options.repeats)],
            "huge": [call(rival, huge_log)],
        }
        rows.append((f"{name}: one run of 3 epochs", *_shown(rivals[name]["one"])))
        rows.append((f"{name}: one log of {options.rows:,} rows", *_shown(rivals[name]["huge"])))
    heads = ("what", "seconds", "of the processor", "peak memory, MB")
    print_table("Diagnosing logs", heads, rows)
    per_processor_second = options.runs / computing
    print(
        f"Runs per second after the start: {per_second:,.0f} "
        f"({per_processor_second:,.0f} per second of processor time)"
    )
    for name, costs in rivals.items():
        ratio = median(cost.seconds for cost in costs["one"]) / begin
        huge_ratio = costs["huge"][0].seconds / huge.seconds
        print(f"RATIO {name} / tuner: {ratio:.2f} for one run, {huge_ratio:.2f} for the huge log")
    return {
        "one": starts,
        "many": many,
        "huge": huge,
        "per_second": per_second,
        "per_processor_second": per_processor_second,
        "rivals": rivals,
    }


def _shown(costs: Sequence[Cost]) -> tuple[str, str, str]:
    return (
        f"{median(cost.seconds for cost in costs):.2f}",
        f"{median(cost.processor_seconds for cost in costs):.2f}",
        f"{max(cost.megabytes for cost in costs):.0f}",
    )


if __name__ == "__main__":
    main()
