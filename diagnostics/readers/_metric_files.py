"""The files in which MLflow keeps a metric each: lines of time, value and step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics.readers._cells import number_of
from diagnostics.readers._thinning import Thinned

__all__ = ["MetricFile", "rows_of_metrics"]

_MOST_VALUES = 5000
_LONGEST_LINE = 400
_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class _Logged:
    step: int
    value: float
    time: float


@dataclass(frozen=True, slots=True)
class MetricFile:
    """One metric of a run.

    Attributes:
        name: What it is called.
        values: Its values by steps, in the order of the file.
        group: How many values were joined to their mean, because there are too many.
        lost: How many lines could not be read.
    """

    name: str
    values: tuple[_Logged, ...]
    group: int
    lost: int

    @classmethod
    def read(cls, name: str, path: Path) -> MetricFile:
        """Read a metric; a file that cannot be read has no values."""
        kept: Thinned[_Logged] = Thinned(_mean, _MOST_VALUES)
        lost = 0
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                while line := file.readline(_LONGEST_LINE):
                    logged = _logged(line)
                    if logged is not None:
                        kept.add(logged)
                    elif line.strip():
                        lost += 1
        except OSError:
            lost += 1
        return cls(name, tuple(kept), kept.group, lost)


def rows_of_metrics(
    metrics: Sequence[MetricFile], notes: list[str]
) -> tuple[list[str], Iterator[list[float | None]]]:
    """Return names of columns, and the rows of a table with a line per step.

    Where every metric was logged once per epoch, as automatic logging does it, MLflow's steps are
    epochs.
    """
    places = {metric.name: index for index, metric in enumerate(metrics, start=2)}
    rows: dict[int, list[float | None]] = {}
    for metric in metrics:
        for logged in metric.values:
            row = rows.setdefault(logged.step, [float(logged.step), None, *[None] * len(places)])
            row[1] = max(logged.time, row[1] or 0.0)
            row[places[metric.name]] = logged.value
    by_epochs = "epoch" not in places and _counts_epochs(metrics)
    if by_epochs:
        notes.append("The steps there are epochs: every metric has one value for each.")
    if any(metric.group > 1 for metric in metrics):
        notes.append("Metrics with very many values were joined to the means of neighbours.")
    if lost := sum(metric.lost for metric in metrics):
        notes.append(f"{lost} lines of metrics were torn and left out.")
    columns = ["epoch" if by_epochs else "step", "timestamp", *places]
    return columns, (rows[step] for step in sorted(rows))


def _counts_epochs(metrics: Sequence[MetricFile]) -> bool:
    """Whether all metrics were logged at the same steps, which follow each other."""
    steps = [[logged.step for logged in metric.values] for metric in metrics]
    longest = max(steps, key=len, default=[])
    follow = all(two - one == 1 for one, two in itertools.pairwise(longest))
    same = sum(len(found) == len(longest) for found in steps)
    return len(longest) > 1 and longest[0] in {0, 1} and follow and same > 1


def _logged(line: str) -> _Logged | None:
    """Return what a line says: time in milliseconds, value, and the step in newer versions."""
    cells = line.split()
    if len(cells) not in {2, 3} or not line.endswith("\n"):
        return None
    numbers = [number_of(cell) for cell in cells]
    time, value = numbers[0], numbers[1]
    step = numbers[2] if len(numbers) == 3 else 0.0
    if time is None or value is None or step is None:
        return None
    if not (0 <= step < 1e12 and 0 <= time < 1e15):
        return None
    return _Logged(int(step), value, time / _MILLISECONDS)


def _mean(earlier: _Logged, later: _Logged, share: float) -> _Logged:
    value = earlier.value + (later.value - earlier.value) * share
    return _Logged(later.step, value, later.time)
