"""Trials per hour with several workers side by side, against one worker.

First scripted trainings, which only wait: what the workers and the loop's talk with them cost. Then
real trainings on the device: several processes on the CPU, with its cores shared out among them, or
several on one GPU. All arms train the same settings with other seeds; workers have started, loaded
the model and trained once before the clock runs, and nothing is saved.

Each RATIO is the trials per hour of some workers over those of one. On a GPU the table shows how
busy it was (`nvidia-smi`); for every arm it shows the most memory that a worker took, and what was
forecast. `--model` may name a larger encoder, `--bert-base` makes a random one of that size.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.support.bert_base import build_bert_base
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import (
    Setting,
    data_source,
    make_parser,
    open_material,
    parse,
    setting_from,
)
from benchmarks.support.side_by_side import Throughput, flat, throughput
from tuner.data import load_data
from tuner.engines.in_process import TrainingRecipe
from tuner.engines.scripted import ScriptedRecipe
from tuner.training.memory_forecast import MemoryForecast, forecast_memory
from tuner.trial import TrialSpec

TINY = {"delay": 0.02, "epochs": 1, "trials": 1, "workers": (1,), "scripted": (1, 2)}
SCRIPTED, REAL = "scripted", "trained"
SCRIPTED_EPOCHS = 5
COLUMNS = ("trainings", "workers", "trials/h", "start s", "GPU busy", "MiB/worker", "forecast MiB")


def scripted_arms(options: argparse.Namespace) -> list[Throughput]:
    """Measure workers whose epochs only wait."""
    recipe = ScriptedRecipe(curves=flat, delay=options.delay)
    spec = TrialSpec(learning_rate=5e-5, batch_size=16, epochs=SCRIPTED_EPOCHS)
    return [
        throughput(SCRIPTED, recipe, spec, workers=each, trials=each * options.trials, device="cpu")
        for each in options.scripted
    ]


def trained_arms(
    options: argparse.Namespace, setting: Setting, spec: TrialSpec, device: str
) -> list[Throughput]:
    """Measure workers that train."""
    counts = options.workers or ((1, 2, 4, 8) if device.startswith("cuda") else (1, 2))
    with tempfile.TemporaryDirectory() as cache:
        recipe = TrainingRecipe(
            data=load_data(setting.data, seed=spec.seed, sample=setting.sample),
            model=setting.model,
            max_length=setting.max_length,
            folder=Path(cache),
        )
        return [
            throughput(
                REAL, recipe, spec, workers=each, trials=each * options.trials, device=device
            )
            for each in counts
        ]


def forecast(setting: Setting, spec: TrialSpec, device: str) -> MemoryForecast:
    """Forecast the memory of a training of these settings."""
    material = open_material(setting, seed=spec.seed)
    return forecast_memory(
        material.source.config,
        batch_size=spec.batch_size,
        length=int(material.train.lengths.max()),
        labels=len(material.task.labels),
        precision="bf16" if material.device.bf16 else "fp32",
        device="cuda" if device.startswith("cuda") else "cpu",
    )


def print_report(measured: Sequence[Throughput], expected: MemoryForecast) -> None:
    """Print a row per arm, then the ratios."""
    rows = [_row(each, expected if each.arm == REAL else None) for each in measured]
    print_table("Trials per hour side by side", COLUMNS, rows)
    for name in (SCRIPTED, REAL):
        of_arm = [each for each in measured if each.arm == name]
        alone = next((each.per_hour for each in of_arm if each.workers == 1), None)
        for each in of_arm:
            if alone is not None and each.workers > 1:
                ratio = each.per_hour / alone
                print(f"RATIO trials per hour, {name}, {each.workers} workers over 1: {ratio:.2f}")


def _row(each: Throughput, expected: MemoryForecast | None) -> tuple[str, ...]:
    taken = each.bytes_per_worker
    return (
        each.arm,
        str(each.workers),
        f"{each.per_hour:.0f}",
        f"{each.ready_seconds:.1f}",
        "–" if each.utilisation is None else f"{each.utilisation:.0%}",
        "–" if taken is None else f"{taken / 2**20:.0f}",
        "–" if expected is None else f"{expected.total / 2**20:.0f}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure scripted and real workers, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/scaling.json")
    parser.add_argument("--workers", type=_counts, metavar="N,...", help="workers that train")
    parser.add_argument(
        "--scripted", type=_counts, default=(1, 2, 4), metavar="N,...", help="scripted workers"
    )
    parser.add_argument("--trials", type=int, default=2, help="trainings per worker")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of a real training")
    parser.add_argument("--batch-size", type=int, default=16, help="sentences per batch")
    parser.add_argument("--delay", type=float, default=0.2, help="seconds of a scripted epoch")
    parser.add_argument(
        "--bert-base", action="store_true", help="a random model of BERT-base's size"
    )
    options = parse(parser, arguments, TINY)
    start = environment()
    device = options.device or ("cuda:0" if torch.cuda.is_available() else "cpu")
    with tempfile.TemporaryDirectory() as scratch:
        if options.bert_base:
            options.model = str(build_bert_base(data_source(options.data), Path(scratch)))
        setting = setting_from(options, Path(scratch))
        spec = TrialSpec(learning_rate=5e-5, batch_size=options.batch_size, epochs=options.epochs)
        expected = forecast(setting, spec, device)
        measured = [*scripted_arms(options), *trained_arms(options, setting, spec, device)]
    print_report(measured, expected)
    write_figures(options.output, start, measured=measured, forecast=expected, device=device)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


if __name__ == "__main__":
    main()
