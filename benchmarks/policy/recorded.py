"""Real fine-tuning curves: our own table (`curves/`), read between its learning rates.

What settings are worth is the F1 on held-out sentences that no search sees, averaged over the
table's seeds. Between two learning rates of the grid curves are mixed on the logarithmic scale;
batch sizes and numbers of epochs are the grid's own.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.policy.curves.table import TABLE, TrainedCurve, read_curves
from benchmarks.policy.known_good import known_good
from benchmarks.policy.task import NO_MODEL, DrawnCurve
from tuner.space import LogRange, PowersOfTwo, SearchSpace
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["RecordedTask", "informed_recorded", "recorded_tasks"]

Cell = tuple[int, int, int, float]  # seed, epochs, batch size, learning rate
DEV_ENTITIES = 77
"""Of the 60 development sentences: 99 (sample), 73 (FIN) and 60 (WNUT-17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTask:
    """One data set of the table.

    Attributes:
        name: Name of the data set.
        cells: Every training of it.
        longest: Epochs of the longest training.
        easier: F1 by which the development sentences are easier than the held-out ones, over all
            trainings; the truth is raised by it, so that optimism is luck alone.
        first: Settings tried first; empty for one guess.
        noise_entities: Entities of the development sentences.
    """

    name: str
    cells: dict[Cell, TrainedCurve]
    longest: int
    easier: float = 0.0
    first: tuple[TrialSpec, ...] = ()
    noise_entities: int = DEV_ENTITIES

    @property
    def rates(self) -> list[float]:
        """Learning rates of the grid, rising."""
        return sorted({rate for *_, rate in self.cells})

    @property
    def seeds(self) -> list[int]:
        """Seeds of the grid."""
        return sorted({seed for seed, *_ in self.cells})

    def study(self, seed: int) -> StudySpec:
        """Return the study: learning rate, batch size and epochs are searched."""
        batches = sorted({batch for _, _, batch, _ in self.cells})
        epochs = sorted({length for _, length, _, _ in self.cells})
        guess = TrialSpec(
            learning_rate=self.rates[1], batch_size=batches[1], epochs=epochs[1], seed=0
        )
        first = self.first or (guess,)
        return StudySpec(
            name=self.name,
            space=SearchSpace(
                parameters={
                    "learning_rate": LogRange(low=self.rates[0], high=self.rates[-1]),
                    "batch_size": PowersOfTwo(low=batches[0], high=batches[-1]),
                    "epochs": PowersOfTwo(low=epochs[0], high=epochs[-1]),
                },
                reasons={},
            ),
            recipe=first[0],
            start_points=first[1:],
            model=NO_MODEL,
            data_source=self.name,
            data_fingerprint=self.name,
        )

    def curve(self, spec: TrialSpec, seed: int) -> DrawnCurve:
        """Return the curve of one of the table's seeds; the study decides which comes first."""
        own = self.seeds[(spec.seed + seed) % len(self.seeds)]
        seen = self._mixed(spec, own)
        held_out = [self._mixed(spec, one)[1] for one in self.seeds]
        return DrawnCurve(
            scores=seen[0],
            truth=tuple(
                statistics.mean(values) + self.easier for values in zip(*held_out, strict=True)
            ),
            losses=seen[2],
        )

    def _mixed(
        self, spec: TrialSpec, seed: int
    ) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Mix the curves of the two neighbouring learning rates: dev, held-out, loss."""
        rates = self.rates
        above = next((k for k, rate in enumerate(rates) if rate >= spec.learning_rate), -1)
        upper = rates[above]
        lower = rates[max(above - 1, 0)] if above >= 0 else upper
        width = math.log(upper / lower)
        share = math.log(spec.learning_rate / lower) / width if width else 1.0
        low = self.cells[seed, spec.epochs, spec.batch_size, lower]
        high = self.cells[seed, spec.epochs, spec.batch_size, upper]
        return (
            _mix(low.dev_f1, high.dev_f1, share, spec.epochs),
            _mix(low.held_out_f1, high.held_out_f1, share, spec.epochs),
            _mix(low.loss, high.loss, share, spec.epochs),
        )


def recorded_tasks(path: Path = TABLE) -> list[RecordedTask]:
    """Return the data sets of the table, with the seeds that are complete in each."""
    curves = read_curves(path)
    grid = {(one.epochs, one.batch_size, one.learning_rate) for one in curves}
    tasks = []
    for corpus in dict.fromkeys(curve.corpus for curve in curves):
        own = [one for one in curves if one.corpus == corpus]
        complete = {
            seed
            for seed in {one.seed for one in own}
            if _cells_of(own, seed) == grid  # one that is being trained has gaps
        }
        cells = {_cell(one): one for one in own if one.seed in complete}
        if cells:
            longest = max(one.epochs for one in own)
            easier = _easier(cells.values())
            tasks.append(RecordedTask(name=corpus, cells=cells, longest=longest, easier=easier))
    return tasks


def informed_recorded(tasks: Sequence[RecordedTask]) -> list[RecordedTask]:
    """Return each data set with the settings first that did best on the others."""
    informed = []
    for task in tasks:
        others = [one for one in tasks if one is not task]
        cells = sorted({cell[1:] for one in others for cell in one.cells})
        candidates = [
            TrialSpec(learning_rate=rate, batch_size=batch, epochs=epochs, seed=0)
            for epochs, batch, rate in cells
        ]
        informed.append(replace(task, first=known_good(others, candidates)))
    return informed


def _easier(curves: Iterable[TrainedCurve]) -> float:
    """Give the mean difference of dev and held-out F1 at the end, of those that learned."""
    ends = [(one.dev_f1[-1], one.held_out_f1[-1]) for one in curves if one.dev_f1]
    return statistics.mean([dev - held_out for dev, held_out in ends if held_out > 0] or [0.0])


def _cells_of(curves: Iterable[TrainedCurve], seed: int) -> set[tuple[int, int, float]]:
    return {(one.epochs, one.batch_size, one.learning_rate) for one in curves if one.seed == seed}


def _cell(one: TrainedCurve) -> Cell:
    return one.seed, one.epochs, one.batch_size, one.learning_rate


def _mix(
    low: Sequence[float | None], high: Sequence[float | None], share: float, epochs: int
) -> tuple[float, ...]:
    """Mix two curves epoch by epoch; a training that broke off stays at 0 (its loss at 10)."""
    ends = [_filled(one, epochs) for one in (low, high)]
    return tuple(a + share * (b - a) for a, b in zip(*ends, strict=True))


def _filled(values: Sequence[float | None], epochs: int) -> list[float]:
    known = [10.0 if value is None else value for value in values]
    return known + [0.0] * (epochs - len(known))
