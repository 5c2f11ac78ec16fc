"""One training that answers for many epoch counts: is it as good as a training for each count?

Under a learning rate that decays to zero every epoch count is a training of its own. Instead, one
*trunk* can be trained at a constant rate to the largest count, and at each count a *branch* be cut
off whose rate falls to zero over the last part of its epochs (warm-up, stable, decay; Haegele et
al. 2024, arXiv 2405.18392, for pre-training). Both are trained here and compared at equal counts.

A branch is trained as a whole run with that schedule and the same seed: batches and dropout are
those of the trunk up to the branching, so the weights are the same as if the trunk had been kept.
What a trunk would cost is counted: the trunk up to the last branching, and every branch.

Compared is the F1 on the development split after the last epoch, the weights that would be
deployed. Warm-up is the same number of epochs in both (`--warm-up`), since a trunk has but one.
The RATIO is epochs trained to know all counts: separate trainings over trunk and branches.

The same command goes on after an interruption: trainings in `--output` are not repeated.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.support.cut_model import cut_model
from benchmarks.support.report import environment, print_table, shown, write_figures
from benchmarks.support.setting import make_parser, parse, setting_from
from benchmarks.support.small_training import open_small, train_unsaved
from benchmarks.support.standard_error import standard_error
from tuner.training.fine_tune import Workbench
from tuner.trial import TrialSpec, TrialState

TINY = {"counts": [1, 2], "seeds": 1, "rates": [1e-3], "batch_size": 8}
DECAY, TRUNK = "decay", "trunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One training.

    Attributes:
        schedule: `decay` (linear, from the warm-up on) or `trunk` (constant, then a branch).
        rate: Peak learning rate.
        count: Epochs.
        seed: Seed of head, batches and dropout.
        f1: Development F1 after the last epoch; 0 when the training failed.
        best: Highest development F1 of any epoch.
    """

    schedule: str
    rate: float
    count: int
    seed: int
    f1: float
    best: float


def wanted(options: argparse.Namespace) -> Iterator[Trained]:
    """Yield every training to be done, its scores still NaN."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for seed, rate, count, schedule in itertools.product(
        seeds, options.rates, options.counts, (DECAY, TRUNK)
    ):
        yield Trained(
            schedule=schedule, rate=rate, count=count, seed=seed, f1=math.nan, best=math.nan
        )


def spec_of(run: Trained, options: argparse.Namespace, steps: int) -> TrialSpec:
    """Return the hyperparameters of a training.

    Args:
        run: What is to be trained.
        options: The command line.
        steps: Optimizer steps per epoch.
    """
    warm_up = {"warmup_ratio": min(options.warm_up / run.count, 0.5)}
    common: dict[str, Any] = {
        "learning_rate": run.rate,
        "batch_size": options.batch_size,
        "epochs": run.count,
        "seed": run.seed,
    }
    if run.schedule == DECAY:
        return TrialSpec(**common, **warm_up)
    decay = max(1, round(options.cooldown * run.count * steps))
    return TrialSpec(
        **common,
        **warm_up,
        schedule="warmup_stable_decay",
        extra={"lr_scheduler_kwargs": {"num_decay_steps": decay, "decay_type": "linear"}},
    )


def train(run: Trained, bench: Workbench, options: argparse.Namespace) -> Trained:
    """Train one of them."""
    steps = math.ceil(len(bench.train) / options.batch_size)
    outcome, reports = train_unsaved(bench, spec_of(run, options, steps))
    scores = [report.scores.f1 for report in reports]
    finished = outcome.state is TrialState.FINISHED
    return Trained(
        schedule=run.schedule,
        rate=run.rate,
        count=run.count,
        seed=run.seed,
        f1=scores[-1] if finished else 0.0,
        best=max(scores, default=0.0),
    )


def load_known(path: Path) -> dict[tuple[str, float, int, int], Trained]:
    """Return the trainings of an earlier, interrupted call."""
    if not path.is_file():
        return {}
    known = (Trained(**json.loads(line)) for line in path.read_text("utf-8").splitlines())
    return {key_of(run): run for run in known}


def key_of(run: Trained) -> tuple[str, float, int, int]:
    """Return what tells a training from the others."""
    return run.schedule, run.rate, run.count, run.seed


def difference(runs: Sequence[Trained], **chosen: Any) -> tuple[float, float, int]:
    """Return how much higher the branches score than the decayed runs: mean, its error, pairs.

    Args:
        runs: All trainings.
        **chosen: Only those with these values, such as `rate=3e-4`.
    """
    picked = [run for run in runs if all(getattr(run, k) == v for k, v in chosen.items())]
    by_key = {key_of(run): run.f1 for run in picked}
    pairs = [
        by_key[TRUNK, run.rate, run.count, run.seed] - run.f1
        for run in picked
        if run.schedule == DECAY
    ]
    return statistics.mean(pairs), standard_error(pairs), len(pairs)


def agreement(runs: Sequence[Trained]) -> float:
    """Return Spearman's rank correlation over the settings, seeds averaged; NaN below three."""
    from scipy.stats import spearmanr

    settings = sorted({(run.rate, run.count) for run in runs})
    means = {
        schedule: [
            statistics.mean(
                run.f1
                for run in runs
                if (run.schedule, run.rate, run.count) == (schedule, *setting)
            )
            for setting in settings
        ]
        for schedule in (DECAY, TRUNK)
    }
    if len(settings) < 3:
        return math.nan
    return float(spearmanr(means[DECAY], means[TRUNK])[0])


def cost(counts: Sequence[int], cooldown: float) -> Mapping[str, float]:
    """Return the epochs that it takes to know the score of every count."""
    last_branching = max(counts) * (1 - cooldown)
    return {DECAY: float(sum(counts)), TRUNK: last_branching + cooldown * sum(counts)}


def show(runs: Sequence[Trained], options: argparse.Namespace) -> None:
    """Print the table by learning rate and count."""
    rows = []
    for rate, count in itertools.product(options.rates, options.counts):
        here = [run for run in runs if (run.rate, run.count) == (rate, count)]
        scores = {s: [run.f1 for run in here if run.schedule == s] for s in (DECAY, TRUNK)}
        mean, error, _ = difference(here)
        rows.append(
            [
                f"{rate:g}",
                str(count),
                shown(scores[DECAY]),
                shown(scores[TRUNK]),
                f"{mean:+.4f} ± {error:.4f}",
            ]
        )
    print_table(
        "Development F1 after the last epoch",
        ["learning rate", "epochs", "linear decay", "trunk and branch", "difference ± error"],
        rows,
    )
    for rate in options.rates:
        mean, error, pairs = difference(runs, rate=rate)
        print(f"learning rate {rate:g}: branch - decay {mean:+.4f} ± {error:.4f} ({pairs} pairs)")
    mean, error, pairs = difference(runs)
    print(f"all: branch - decay {mean:+.4f} ± {error:.4f} ({pairs} pairs)")
    print(f"rank correlation of the settings: {agreement(runs):.2f}")
    epochs = cost(options.counts, options.cooldown)
    print(
        f"RATIO epochs {epochs[DECAY] / epochs[TRUNK]:.2f} "
        f"({epochs[DECAY]:g} separately, {epochs[TRUNK]:g} as trunk and branches)"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing and print the comparison."""
    parser = make_parser(__doc__, "runs/benchmarks/trunk_against_decay.json")
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-4, 3e-4, 1e-3], metavar="R")
    parser.add_argument("--counts", type=int, nargs="+", default=[2, 4, 8], metavar="E")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N")
    parser.add_argument("--batch-size", type=int, default=8, metavar="B")
    parser.add_argument("--warm-up", type=float, default=0.3, metavar="E", help="epochs")
    parser.add_argument("--cooldown", type=float, default=0.2, metavar="SHARE")
    parser.add_argument("--layers", type=int, metavar="N", help="keep N layers of the encoder")
    options = parse(parser, arguments, TINY)
    start = environment()
    journal = options.output.with_suffix(".jsonl")
    journal.parent.mkdir(parents=True, exist_ok=True)
    known = {} if options.tiny else load_known(journal)
    runs = []
    with tempfile.TemporaryDirectory() as scratch:
        setting = setting_from(options, Path(scratch))
        if options.layers is not None:
            model = cut_model(setting.model, options.layers, Path(scratch) / "cut-model")
            setting = replace(setting, model=model)
        _, bench = open_small(setting, seed=0)
        for run in wanted(options):
            done = known.get(key_of(run)) or train(run, bench, options)
            runs.append(done)
            if key_of(run) not in known:
                with journal.open("a", encoding="utf-8") as file:
                    fields = {name: getattr(done, name) for name in Trained.__slots__}
                    file.write(json.dumps(fields) + "\n")
    show(runs, options)
    write_figures(options.output, start, runs=runs, cost=cost(options.counts, options.cooldown))


if __name__ == "__main__":
    main()
