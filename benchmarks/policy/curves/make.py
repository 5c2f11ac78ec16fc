"""Train the table of fine-tuning curves; trainings that are in it already are skipped.

Each is a real training by `tuner.training` with a small encoder: the first three layers of the
demo's MiniLM, embeddings and first layer frozen, 100 short sentences of the sample data, of FIN or
of WNUT-17, linear decay. The grid is every learning rate with every batch size and every number of
epochs, in two seeds. After each epoch 120 sentences are scored: 60 development sentences, by which
a search may choose, and 60 that tell what the choice is worth.

The RATIO is trainings made per training asked for; the others were there.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.policy.curves.corpora import CORPORA, DEV_SENTENCES, drawn
from benchmarks.policy.curves.table import (
    TABLE,
    TrainedCurve,
    append_curve,
    read_curves,
    rewrite,
)
from tuner.demo import demo_model
from tuner.engine import Job, Verdict
from tuner.trial import EpochReport, TrialSpec

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["BATCH_SIZES", "EPOCHS", "LEARNING_RATES", "SEEDS", "f1_of", "main", "planned"]

LEARNING_RATES = (1.5e-4, 4e-4, 1e-3, 2.5e-3, 6e-3)
BATCH_SIZES = (8, 16, 32)
EPOCHS = (2, 4, 8)
SEEDS = (1, 2)

LAYERS, FROZEN_LAYERS = 3, 1
"""Two trained layers above a frozen one learn the data sets in seconds on one core."""

Key = tuple[str, int, TrialSpec]


def planned(corpora: Sequence[str]) -> Iterator[Key]:
    """Yield (data set, seed, settings), the first seed of all data sets before the second."""
    for seed, corpus, epochs in itertools.product(SEEDS, corpora, EPOCHS):
        for batch_size, learning_rate in itertools.product(BATCH_SIZES, LEARNING_RATES):
            spec = TrialSpec(
                learning_rate=learning_rate,
                batch_size=batch_size,
                epochs=epochs,
                frozen_layers=FROZEN_LAYERS,
                seed=seed,
            )
            yield corpus, seed, spec


def f1_of(counts: Sequence[tuple[int, int, int]]) -> float:
    """Give the F1 of some sentences from (correct, predicted, gold) entities of each."""
    correct, predicted, gold = (sum(each[place] for each in counts) for place in range(3))
    return 2 * correct / (predicted + gold) if predicted + gold else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    options = _options(arguments)
    os.environ["HF_HUB_OFFLINE"] = "1"
    known = {curve.key for curve in read_curves(options.table)}
    asked = list(planned(options.corpus))
    missing = [one for one in asked if _key(*one) not in known]
    with tempfile.TemporaryDirectory(prefix="curves-") as folder:
        bench = _benches(Path(folder))
        for number, (corpus, _, spec) in enumerate(missing[: options.limit], start=1):
            began = time.perf_counter()
            curve = _trained(bench(corpus), corpus, spec, Path(folder))
            append_curve(curve, options.table)
            seconds = time.perf_counter() - began
            best = max(curve.dev_f1, default=math.nan)
            print(f"{number}/{len(missing)} {curve.key}: {best:.3f}, {seconds:.0f} s", flush=True)
    rewrite(read_curves(options.table), options.table)
    print(f"RATIO trained / asked for: {len(missing[: options.limit])} / {len(asked)}")


def _key(corpus: str, seed: int, spec: TrialSpec) -> tuple[str, int, int, int, float]:
    return corpus, seed, spec.epochs, spec.batch_size, spec.learning_rate


def _benches(folder: Path) -> Callable[[str], Workbench]:
    """Return what prepares a data set, keeping the last one; the encoder is cut once."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from tuner.engines.in_process import open_workbench
    from tuner.training.device import choose_device
    from tuner.training.model_source import open_model

    torch.set_num_threads(1)
    model = str(demo_model())
    cut = AutoModel.from_pretrained(model, num_hidden_layers=LAYERS, dtype=torch.float32)
    cut.save_pretrained(folder / "model")
    AutoTokenizer.from_pretrained(model).save_pretrained(folder / "model")
    kept: dict[str, Workbench] = {}

    def bench(corpus: str) -> Workbench:
        if corpus not in kept:
            kept.clear()
            source, device = open_model(str(folder / "model")), choose_device("cpu")
            kept[corpus] = open_workbench(drawn(corpus), source, device, checkpoint_every=math.inf)
        return kept[corpus]

    return bench


def _trained(bench: Workbench, corpus: str, spec: TrialSpec, folder: Path) -> TrainedCurve:
    from tuner.training.fine_tune import fine_tune

    reports: list[EpochReport] = []

    def note(report: EpochReport) -> Verdict:
        reports.append(report)
        return Verdict()

    # No model is worth keeping: only scores above 1 would be written.
    job = Job(key="curve", spec=spec, directory=folder, keep_above=1.0, resume=False)
    outcome = fine_tune(bench, job, note, lambda: False)
    counts = [report.scores.counts or () for report in reports]
    return TrainedCurve(
        corpus=corpus,
        learning_rate=spec.learning_rate,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        seed=spec.seed,
        state=str(outcome.state),
        dev_f1=tuple(round(f1_of(each[:DEV_SENTENCES]), 4) for each in counts),
        held_out_f1=tuple(round(f1_of(each[DEV_SENTENCES:]), 4) for each in counts),
        loss=tuple(_rounded(report.scores.loss) for report in reports),
        seconds=tuple(round(report.seconds, 3) for report in reports),
    )


def _rounded(loss: float | None) -> float | None:
    return round(loss, 5) if loss is not None and math.isfinite(loss) else None


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", nargs="+", choices=tuple(CORPORA), default=tuple(CORPORA))
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE")
    parser.add_argument("--limit", type=int, metavar="N", help="trainings at most, for a trial")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
