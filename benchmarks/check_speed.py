"""Speed and memory of `tuner check` on one large file, beside plain loading with `datasets`.

A CoNLL file of made-up sentences (25 words each on average) is checked in a process of its own, as
a user would; the same file is written as JSON Lines and loaded with `datasets.load_dataset`, its
words counted, in another process with a cache of its own. Peak memory is that of each process.

The RATIO is time of loading over time of checking: above 1, checking is faster than loading.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures

VOCABULARY = 50_000
LENGTHS = (10, 40)
LOAD = """
import sys
from datasets import load_dataset
rows = load_dataset("json", data_files=sys.argv[1], cache_dir=sys.argv[2])["train"]
print(sum(len(batch) for batches in rows.iter(1000) for batch in batches["tokens"]))
"""
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took: wall and processor time in seconds, peak memory in MiB."""

    seconds: float
    processor: float
    mebibytes: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files, measure both, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=1, help="the fastest run counts")
    parser.add_argument("--small", type=int, default=0, help="also a file of so many sentences")
    parser.add_argument("--output", type=Path, help="file for the raw figures (JSON)")
    options = parser.parse_args(arguments)
    start = environment()
    sizes = [size for size in (options.small, options.sentences) if size]
    rows, figures, ratio = [], [], math.nan
    with tempfile.TemporaryDirectory() as name:
        for size in sizes:
            ours, theirs = _both(Path(name), size, options.repeats)
            rows += [_row(f"check, {size:,}", ours), _row(f"load, {size:,}", theirs)]
            figures.append({"sentences": size, "ours": asdict(ours), "theirs": asdict(theirs)})
            ratio = theirs.seconds / ours.seconds
    print_table("Checking and loading", ("what", "seconds", "processor", "peak MiB"), rows)
    print(f"RATIO datasets.load_dataset / tuner check, {sizes[-1]:,} sentences: {ratio:.2f}")
    if options.output:
        write_figures(options.output, start, figures=figures)


def _both(folder: Path, sentences: int, repeats: int) -> tuple[Cost, Cost]:
    table, records = folder / "train.conll", folder / "train.jsonl"
    _write(sentences, table, records)
    check = [sys.executable, "-m", "tuner", "check", str(table), "--fail-on", "never"]
    runs = [_cost(check) for _ in range(repeats)]
    loads = []
    for number in range(repeats):
        cache = folder / f"cache-{number}"
        loads.append(_cost([sys.executable, "-c", LOAD, str(records), str(cache)]))
    return min(runs, key=lambda run: run.seconds), min(loads, key=lambda run: run.seconds)


def _write(sentences: int, table: Path, records: Path) -> None:
    with table.open("w", encoding="utf-8") as lines, records.open("w", encoding="utf-8") as rows:
        for words, tags in _sentences(sentences):
            lines.writelines(f"{word} {tag}\n" for word, tag in zip(words, tags, strict=True))
            lines.write("\n")
            rows.write(json.dumps({"tokens": words, "ner_tags": tags}) + "\n")


def _sentences(count: int) -> Iterator[tuple[list[str], list[str]]]:
    chance = random.Random(0)
    common = [f"w{number}" for number in range(VOCABULARY)]
    names = {
        kind: [f"{kind.title()}{number}" for number in range(9_000)] for kind in ("PER", "LOC")
    }
    for _ in range(count):
        words = chance.choices(common, k=chance.randint(*LENGTHS))
        tags = ["O"] * len(words)
        for kind, known in names.items():
            place = chance.randrange(len(words) - 1)
            if chance.random() < 0.6 and tags[place : place + 2] == ["O", "O"]:
                words[place : place + 2] = chance.choices(known, k=2)
                tags[place : place + 2] = [f"B-{kind}", f"I-{kind}"]
        yield words, tags


def _cost(command: Sequence[str]) -> Cost:
    """Run a command below a process that does nothing else, so that the peak is its own."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    peak, processor = done.stdout.split()
    return Cost(seconds=seconds, processor=float(processor), mebibytes=int(peak) / 1024)


def _row(name: str, cost: Cost) -> tuple[str, str, str, str]:
    return name, f"{cost.seconds:.1f}", f"{cost.processor:.1f}", f"{cost.mebibytes:.0f}"


if __name__ == "__main__":
    main()
