"""A study of scripted trainings, for benchmarks of the search itself; a process works on it."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from tuner.engine import Engine
from tuner.engine_catalogue import open_engine
from tuner.engine_recipe import EngineRequest
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
from tuner.model_facts import ModelFacts
from tuner.search.loop import run_search
from tuner.silent import SilentStudy
from tuner.space import LogRange, SearchSpace
from tuner.study import SearchOptions, StudySpec
from tuner.study_view import StudySnapshot
from tuner.trial import TrialSpec

SPACE = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-3)}, reasons={})
RECIPE = TrialSpec(learning_rate=5e-5, batch_size=16, epochs=4)
MODEL = ModelFacts(
    name="scripted",
    parameters=1000,
    layers=2,
    hidden_size=32,
    max_length=64,
    fingerprint="scripted",
    architecture="bert",
)
EPOCH_SECONDS = 0.02
WORKERS = 2


class Telling(SilentStudy):
    """Prints what happens, for a process that waits for a moment to kill this one."""

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Print a line."""
        print(note, flush=True)


def curve(spec: TrialSpec) -> list[float]:
    """Return the F1 of each epoch, which depends on the settings and the seed alone."""
    peak = 0.9 - 0.2 * abs(math.log10(spec.learning_rate) + 4) + 0.005 * math.sin(spec.seed)
    return [peak * (1 - 0.5 ** (epoch + 1)) for epoch in range(spec.epochs)]


def study(trials: int) -> StudySpec:
    """Return a study of so many trials, one re-run of the best included."""
    return StudySpec(
        name="storm",
        space=SPACE,
        recipe=RECIPE,
        options=SearchOptions(trials=trials, confirm=1, contenders=1, sampler="random"),
        model=MODEL,
        data_source="scripted",
        data_fingerprint="scripted",
    )


def engine(name: str, folder: Path) -> Engine:
    """Return the engine of this name, whose trainings are scripted."""
    here = ScriptedEngine(curve, delay=EPOCH_SECONDS)
    if name == "loop":
        return here
    recipe = ScriptedRecipe(curves=curve, delay=EPOCH_SECONDS)
    devices = ("cpu",)
    return open_engine(
        name,
        EngineRequest(recipe=recipe, here=here, folder=folder, devices=devices, per_device=WORKERS),
    )


def begin() -> None:
    """Work on the study until it is done; arguments are the engine, the folder and the trials."""
    name, folder, trials = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    runs = engine(name, folder)
    try:
        run_search(study(trials), runs, Telling(), folder)
    finally:
        runs.close()
