"""What re-running with other settings gained, from the kept table of results."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.admission import LEAST_SIGMA
from benchmarks.faults.figures import Share
from benchmarks.faults.tables import print_table

__all__ = [
    "ARMS",
    "NEW_SEED",
    "PRINTED",
    "TENTH",
    "Key",
    "Rerun",
    "harmed",
    "print_fixes",
    "read_reruns",
    "recovers",
    "write_reruns",
]

PRINTED = "printed"
NEW_SEED = "new-seed"
TENTH = "tenth"
ARMS = {
    PRINTED: "the printed fix",
    NEW_SEED: "a new seed only",
    TENTH: "learning rate / 10",
}
"""What is changed, by a short name for files and options."""

COLUMNS = ("kind", "corpus", "seed", "arm", "changes", "faulty_f1", "new_f1")

Key = tuple[str, str, int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """One faulty run, trained again.

    Attributes:
        kind: The planted fault.
        corpus: Name of the corpus.
        seed: Seed of the faulty run.
        arm: What was changed, as one of `ARMS`.
        changes: The settings changed, as text; empty when the report offers none.
        faulty: Development F1 of the faulty run.
        new: That of the new one; None when there was nothing to change.
    """

    kind: str
    corpus: str
    seed: int
    arm: str
    changes: str
    faulty: float
    new: float | None

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.kind, self.corpus, self.seed, self.arm, self.changes


def read_reruns(file: Path) -> Iterator[Rerun]:
    """Yield the kept results."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            yield Rerun(
                kind=row["kind"],
                corpus=row["corpus"],
                seed=int(row["seed"]),
                arm=row["arm"],
                changes=row["changes"],
                faulty=float(row["faulty_f1"]),
                new=float(row["new_f1"]) if row["new_f1"] else None,
            )


def write_reruns(file: Path, reruns: Iterable[Rerun]) -> None:
    """Write the results, a line each."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for each in reruns:
            new = "" if each.new is None else f"{each.new:.4f}"
            writer.writerow((*each.key, f"{each.faulty:.4f}", new))


def print_fixes(file: Path) -> None:
    """Print, for each arm and for each fault, how many runs recover and how many get worse.

    A run recovers when its F1 gains more than two standard deviations over the seeds, and is harmed
    when it loses as much. The deviation is the larger one of the faulty runs and of the new ones.
    Without anything to change a run does not recover.
    """
    reruns = list(read_reruns(file))
    columns = ("arm", "recovers", "harmed", "mean gain in F1")
    rows = [
        (name, *_row([each for each in reruns if each.arm == arm], reruns))
        for arm, name in ARMS.items()
    ]
    print_table("Fixes, all kinds", columns, rows)
    details = []
    for kind in dict.fromkeys(each.kind for each in reruns):
        printed = [each for each in reruns if each.kind == kind and each.arm == PRINTED]
        changes = sorted({each.changes or "nothing to set" for each in printed})
        cells = []
        for arm in ARMS:
            runs = [each for each in reruns if each.kind == kind and each.arm == arm]
            cells.append(f"{sum(recovers(each, reruns) for each in runs)}/{len(runs)}")
        details.append((kind, "; ".join(changes), _span(printed), *cells))
    print_table("Recovered, by kind", ("fault", "printed fix", "F1", *ARMS.values()), details)


def recovers(rerun: Rerun, reruns: Sequence[Rerun]) -> bool:
    """Whether F1 gained more than the seeds explain."""
    return rerun.new is not None and rerun.new - rerun.faulty > 2 * sigma_of(rerun, reruns)


def harmed(rerun: Rerun, reruns: Sequence[Rerun]) -> bool:
    """Whether F1 lost more than the seeds explain."""
    return rerun.new is not None and rerun.faulty - rerun.new > 2 * sigma_of(rerun, reruns)


def sigma_of(rerun: Rerun, reruns: Sequence[Rerun]) -> float:
    """Return the standard deviation of F1 over the seeds, of the faulty or the new runs."""
    like = [
        each
        for each in reruns
        if (each.kind, each.corpus, each.arm) == (rerun.kind, rerun.corpus, rerun.arm)
    ]
    faulty = [each.faulty for each in like]
    new = [each.new for each in like if each.new is not None]
    spreads = (statistics.stdev(each) for each in (faulty, new) if len(each) > 1)
    return max((LEAST_SIGMA, *spreads))


def _row(runs: Sequence[Rerun], reruns: Sequence[Rerun]) -> tuple[str, str, str]:
    recovered = Share(hits=sum(recovers(each, reruns) for each in runs), of=len(runs))
    worse = Share(hits=sum(harmed(each, reruns) for each in runs), of=len(runs))
    gains = [each.new - each.faulty for each in runs if each.new is not None]
    gain = f"{statistics.mean(gains):+.2f}" if gains else "–"
    return str(recovered), str(worse), gain


def _span(runs: Sequence[Rerun]) -> str:
    new = [each.new for each in runs if each.new is not None]
    faulty = statistics.mean(each.faulty for each in runs) if runs else 0.0
    return f"{faulty:.2f} to {statistics.mean(new):.2f}" if new else f"{faulty:.2f}"
