"""Studies, curves and observers that the tests of the search share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.tuner.facts import TINY
from tuner.engines.scripted import Curves, ScriptedEngine
from tuner.search.loop import run_search
from tuner.search.pruner import FairPruner
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study import SearchOptions, StudySpec
from tuner.study_view import StudyPlan, StudySnapshot, StudySummary
from tuner.trial import TrialSpec

SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-5, high=1e-3),
        "batch_size": PowersOfTwo(low=4, high=32),
        "epochs": WholeRange(low=2, high=6),
    },
    reasons={},
)
RECIPE = TrialSpec(learning_rate=5e-5, batch_size=16, epochs=4)


def make_spec(**changes: Any) -> StudySpec:
    options = {"sampler": "random", "confirm": 0, "trials": 6, "prune": False}
    options |= {key: changes.pop(key) for key in list(changes) if key in SearchOptions.__slots__}
    spec = StudySpec(
        name="demo",
        space=SPACE,
        recipe=RECIPE,
        options=SearchOptions(**options),  # type: ignore[arg-type]
        model=TINY,
        data_source="data.conll",
        data_fingerprint="d",
        data_facts={"train": {"sentences": 100}},
    )
    return replace(spec, **changes)


def early_pruner() -> FairPruner:
    """Return the pruner of a study that is too short for the usual one to judge anything."""
    return FairPruner(least_comparable=3)


def peak(spec: TrialSpec) -> float:
    """The F1 that a training reaches: best near 2e-4, a little better with small batches."""
    distance = abs(math.log10(spec.learning_rate) - math.log10(2e-4))
    noise = math.sin(spec.seed * 12.9898 + spec.learning_rate * 1e6) * 0.005
    return max(0.0, 0.9 - 0.25 * distance - 0.01 * math.log2(spec.batch_size) + noise)


def rising(spec: TrialSpec) -> list[float]:
    """A curve that rises to its peak at the end."""
    return [peak(spec) * (1 - 0.5 ** (epoch + 1)) for epoch in range(spec.epochs)]


class Watcher:
    """An observer that remembers everything."""

    def __init__(self, on_update: Callable[[StudySnapshot, str], None] | None = None) -> None:
        self.notes: list[str] = []
        self.snapshots: list[StudySnapshot] = []
        self.ticks: list[StudySnapshot] = []
        self.summary: StudySummary | None = None
        self._on_update = on_update

    def plan(self, plan: StudyPlan) -> None:
        raise AssertionError("the loop does not plan")

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        self.notes.append(note)
        self.snapshots.append(snapshot)
        if self._on_update is not None:
            self._on_update(snapshot, note)

    def tick(self, snapshot: StudySnapshot) -> None:
        self.ticks.append(snapshot)

    def finish(self, summary: StudySummary) -> None:
        self.summary = summary


class FakeClock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def search(
    directory: Path, spec: StudySpec, curves: Curves = rising, **options: Any
) -> StudySummary:
    """Run a scripted study; `engine` and `observer` may be given."""
    engine = options.pop("engine", None) or ScriptedEngine(curves)
    observer = options.pop("observer", None) or Watcher()
    return run_search(spec, engine, observer, directory, **options)
