"""Learning curves of the LCBench surrogate (YAHPO Gym): 34 data sets, 52 epochs, smooth.

Get it with

    git clone --depth 1 https://github.com/slds-lmu/yahpo_data

and give its folder `lcbench` as `--lcbench`; it needs `onnxruntime`. The surrogate returns the
validation accuracy without noise, so noise is added: 0.5 points to every evaluation and 0.5 points
to every training (its seed). What settings are worth is the surrogate's value itself.

The space is learning rate, batch size and dropout; the surrogate's other hyperparameters are fixed
at the middle of their ranges. Its curves come from one schedule over 52 epochs, so the number of
epochs is not searched here: all trainings plan 52.
"""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.policy.known_good import known_good
from benchmarks.policy.task import NO_MODEL, DrawnCurve, chance, random_settings
from tuner.space import LogRange, PowersOfTwo, SearchSpace, UniformRange
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["DEVELOPED_ON", "SurrogateTask", "informed_lcbench", "lcbench_tasks"]

DEVELOPED_ON = 16
"""The policy was chosen on so many of the data sets, in the order of the file; it is reported on
the others."""

EPOCHS = 52
CANDIDATES = 200
NOISE = 0.005
SEED_NOISE = 0.005

SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-4, high=1e-1),
        "batch_size": PowersOfTwo(low=16, high=512),
        "dropout": UniformRange(low=0.0, high=0.9),
    },
    reasons={},
)

RECIPE = TrialSpec(learning_rate=1e-2, batch_size=64, epochs=EPOCHS, dropout=0.2)
"""A careful guess, whose variations a higher and a lower rate follow, as `default_space` has them;
replaced by what did best on the data sets developed on where `known_good` is asked for."""

GUESSES = (
    RECIPE,
    replace(RECIPE, learning_rate=3e-2),
    replace(RECIPE, learning_rate=5e-3, batch_size=32),
)

MIDDLE = (0.9, 0.01, 3.0, 256.0)
"""Momentum, weight decay, layers and units, in the order in which the surrogate takes them: epoch,
batch size, learning rate, these four, dropout."""


@dataclass(slots=True)
class SurrogateTask:
    """One data set of the surrogate.

    Attributes:
        name: Its OpenML task.
        folder: Folder of the surrogate.
        code: Its number in the surrogate.
        first: Settings tried first; the first of them is the recipe.
        longest: Epochs of a full training.
        noise_entities: Size of a development split with the noise of an evaluation.
    """

    name: str
    folder: Path
    code: int
    first: tuple[TrialSpec, ...] = GUESSES
    longest: int = EPOCHS
    noise_entities: int = 5100
    _known: dict[tuple[float, int, float | None], tuple[float, ...]] = field(default_factory=dict)

    def study(self, seed: int) -> StudySpec:
        """Return the study."""
        return StudySpec(
            name=self.name,
            space=SPACE,
            recipe=self.first[0],
            start_points=self.first[1:],
            model=NO_MODEL,
            data_source=self.name,
            data_fingerprint=self.name,
        )

    def curve(self, spec: TrialSpec, seed: int) -> DrawnCurve:
        """Return the surrogate's curve with noise."""
        truth = self._truth(spec)
        source = chance(self.name, seed, _identity(spec), spec.seed)
        level = source.gauss(0, SEED_NOISE)
        seen = tuple(min(max(one + level + source.gauss(0, NOISE), 0.0), 1.0) for one in truth)
        return DrawnCurve(scores=seen, truth=truth)

    def _truth(self, spec: TrialSpec) -> tuple[float, ...]:
        key = _identity(spec)
        if key not in self._known:
            self._known[key] = self._asked(spec)
        return self._known[key]

    def _asked(self, spec: TrialSpec) -> tuple[float, ...]:
        import numpy as np

        row = [0.0, spec.batch_size, spec.learning_rate, *MIDDLE, spec.dropout or 0.0]
        numbers = np.tile(np.asarray(row, dtype=np.float32), (EPOCHS, 1))
        numbers[:, 0] = np.arange(1, EPOCHS + 1)
        codes = np.full((EPOCHS, 1), self.code, dtype=np.int32)
        told = _session(self.folder).run(None, {"x_cat": codes, "x_cont": numbers})[0]
        return tuple(float(value) / 100 for value in told[:, 1].clip(0.0, 100.0))


def lcbench_tasks(folder: Path) -> list[SurrogateTask]:
    """Return all data sets, in the order of the surrogate's space.

    Raises:
        FileNotFoundError: The folder does not hold the surrogate.
    """
    encoding = json.loads((folder / "encoding.json").read_text(encoding="utf-8"))
    space = json.loads((folder / "config_space.json").read_text(encoding="utf-8"))
    names = space["hyperparameters"][0]["choices"]
    codes = encoding["OpenML_task_id"]
    return [SurrogateTask(name=name, folder=folder, code=codes[name]) for name in names]


def informed_lcbench(
    tasks: Sequence[SurrogateTask], earlier: Sequence[SurrogateTask]
) -> list[SurrogateTask]:
    """Return the data sets with the settings first that did best on earlier ones, itself left out.

    Args:
        tasks: The data sets.
        earlier: Those that points may come from.
    """
    source = random.Random(5)
    candidates = [random_settings(SPACE, RECIPE, source) for _ in range(CANDIDATES)]
    points: dict[tuple[str, ...], tuple[TrialSpec, ...]] = {}
    informed = []
    for task in tasks:
        others = [one for one in earlier if one.name != task.name]
        names = tuple(one.name for one in others)
        if names not in points:
            points[names] = known_good(others, candidates)
        informed.append(replace(task, first=points[names]))
    return informed


def _identity(spec: TrialSpec) -> tuple[float, int, float | None]:
    return spec.learning_rate, spec.batch_size, spec.dropout


@cache
def _session(folder: Path) -> Any:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
