"""Train the runs of the benchmark and keep their small files; runs that exist are skipped.

Each run is a real training of a small encoder (two layers of MiniLM) with transformers' own
Trainer, on 120 short sentences of the sample data or of FIN, in one thread: about ten seconds each.

The RATIO is runs trained per run asked for; the others were there.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.faults.corpora import CORPORA, corpus_folder
from benchmarks.faults.kinds import all_kinds
from benchmarks.faults.setup import Kind
from tuner.demo import demo_model

__all__ = ["HISTORIES", "main"]

HISTORIES = Path(__file__).parent / "histories"
SEEDS = (0, 1, 2)


def planned(
    kinds: Sequence[Kind], corpora: Sequence[str], seeds: Sequence[int], histories: Path
) -> Iterator[tuple[Kind, str, int, Path]]:
    """Yield the runs, seed by seed, and where each is kept."""
    for corpus in corpora:
        for seed in seeds:
            for kind in kinds:
                yield kind, corpus, seed, histories / kind.name / f"{corpus}-{seed}"


def train_one(kind: Kind, corpus: str, seed: int, model: Path, target: Path) -> None:
    """Train one run in a folder of its own and keep its files."""
    from benchmarks.faults.keeping import keep
    from benchmarks.faults.trainers import Material
    from benchmarks.faults.training import train

    material = Material(
        model=model, corpus=corpus, seed=seed, setup=kind.setup, predictions=kind.predictions
    )
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        outcome = train(material, Path(folder))
        keep(kind, material, outcome, Path(folder), target)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    options = _options(arguments)
    os.environ["HF_HUB_OFFLINE"] = "1"  # the model card would ask the hub about the encoder
    import torch

    torch.set_num_threads(options.threads)
    kinds = _chosen(options.only)
    corpora = [each for each in options.corpus if _is_there(each)]
    runs = list(planned(kinds, corpora, options.seeds, options.histories))
    missing = [run for run in runs if not run[-1].is_dir()]
    for number, (kind, corpus, seed, target) in enumerate(missing, start=1):
        start = time.perf_counter()
        train_one(kind, corpus, seed, options.model or demo_model(), target)
        seconds = time.perf_counter() - start
        said = f"{number}/{len(missing)} {kind.name} {target.name}: {seconds:.0f} s"
        print(f"{said}, F1 {_scores(target)}", flush=True)
    print(f"RATIO trained / asked for: {len(missing)} / {len(runs)}")


def _scores(target: Path) -> str:
    told = json.loads((target / "outcome.json").read_text(encoding="utf-8"))
    return f"{told['f1']}, on clean data {told['clean_f1']}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="KIND", help="these kinds only")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--corpus", nargs="+", choices=tuple(CORPORA), default=tuple(CORPORA))
    parser.add_argument("--histories", type=Path, default=HISTORIES, metavar="DIR")
    parser.add_argument("--model", type=Path, metavar="DIR", help="folder of an encoder")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    return parser.parse_args(arguments)


def _chosen(names: Sequence[str] | None) -> list[Kind]:
    known = all_kinds()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise SystemExit(f"There is no kind {', '.join(unknown)}. Kinds: {', '.join(known)}.")
    return [known[name] for name in names or known]


def _is_there(corpus: str) -> bool:
    there = corpus_folder(corpus) is not None
    if not there:
        print(f"Skipped: the corpus {corpus} is not in {CORPORA[corpus]()}.")
    return there


if __name__ == "__main__":
    main()
