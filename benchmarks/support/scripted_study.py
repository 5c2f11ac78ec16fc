"""A study of tiny trainings, for benchmarks of the search itself; a process works on it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.engine import Engine
from tuner.engine_catalogue import open_engine
from tuner.engine_recipe import EngineRecipe, EngineRequest, Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.model_facts import ModelFacts
from tuner.search.loop import run_search
from tuner.silent import SilentStudy
from tuner.space import LogRange, SearchSpace
from tuner.study import SearchOptions, StudySpec
from tuner.study_view import StudySnapshot
from tuner.trial import TrialSpec
from tuner.values import from_plain, to_plain

__all__ = ["LOOP", "Part", "begin", "curve", "study"]

LOOP = "loop"
"""The name of no engine: trainings run in the process that searches."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one process does for a study.

    Attributes:
        folder: Folder of the study.
        trials: Trials in all.
        engine: Name of the engine, or `LOOP`.
        workers: Trainings side by side on the CPU; None: the engine's own choice.
        storage: URL of a shared storage; None for a study of one process.
        address: Address of a cluster.
        model: Folder of a tiny model to be trained; None for trainings that replay a curve.
        sentences: How many it is trained on.
        epoch_seconds: Seconds of an epoch that replays a curve.
    """

    folder: str
    trials: int
    engine: str = LOOP
    workers: int | None = None
    storage: str | None = None
    address: str | None = None
    model: str | None = None
    sentences: int = 40
    epoch_seconds: float = 0.02

    @property
    def words(self) -> list[str]:
        """The command line of the process, behind the interpreter.

        Not a module that is run: workers look for its functions by the module's real name.
        """
        program = "from benchmarks.support import scripted_study; scripted_study.begin()"
        return ["-c", program, json.dumps(to_plain(self))]


class Telling(SilentStudy):
    """Prints what happens, for a process that waits for a moment to kill something."""

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Print a line."""
        print(note, flush=True)


def curve(spec: TrialSpec) -> Sequence[float]:
    """Return the F1 of each epoch, which depends on the settings and the seed alone."""
    peak = 0.9 - 0.2 * abs(math.log10(spec.learning_rate) + 4) + 0.005 * math.sin(spec.seed)
    return [peak * (1 - 0.5 ** (epoch + 1)) for epoch in range(spec.epochs)]


def study(part: Part) -> StudySpec:
    """Return the study, one re-run of the best included."""
    return StudySpec(
        name="storm",
        space=SPACE,
        recipe=RECIPE,
        options=SearchOptions(
            trials=part.trials,
            confirm=1,
            contenders=1,
            sampler="random",
            storage=part.storage,
        ),
        model=MODEL,
        data_source="scripted",
        data_fingerprint="scripted",
    )


def begin() -> None:
    """Work on the study until it is done; the argument says what this process does."""
    part = from_plain(Part, json.loads(sys.argv[1]))
    engine = _engine(part)
    try:
        run_search(study(part), engine, Telling(), Path(part.folder))
    finally:
        engine.close()


def _engine(part: Part) -> Engine:
    recipe = _recipe(part)
    here = recipe.build(Place(name="here", device="cpu", threads=1))
    if part.engine == LOOP:
        return here
    request = EngineRequest(
        recipe=recipe,
        here=here,
        folder=Path(part.folder),
        devices=("cpu",),
        per_device=part.workers,
        address=part.address,
    )
    return open_engine(part.engine, request)


def _recipe(part: Part) -> EngineRecipe:
    if part.model is None:
        return ScriptedRecipe(curves=curve, delay=part.epoch_seconds)
    from tuner.data import load_data
    from tuner.demo import demo_data
    from tuner.engines.in_process import TrainingRecipe

    data = load_data(str(demo_data()), sample=part.sentences)
    folder = Path(part.folder)
    return TrainingRecipe(data=data, model=part.model, folder=folder, checkpoint_every=0.0)
