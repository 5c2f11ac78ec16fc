"""A real study folder, made by the real search loop over scripted curves."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tuner.facts import TINY
from tuner.engines.scripted import ScriptedEngine, Step
from tuner.search.loop import run_search
from tuner.silent import SilentStudy
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study import SearchOptions, StudySpec
from tuner.trial import TrialSpec

SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-5, high=1e-3),
        "batch_size": PowersOfTwo(low=4, high=32),
        "epochs": WholeRange(low=2, high=4),
    },
    reasons={},
)
SPEC = StudySpec(
    name="fin",
    space=SPACE,
    recipe=TrialSpec(learning_rate=5e-5, batch_size=16, epochs=3, extra={"optim": "=adafactor()"}),
    options=SearchOptions(sampler="random", trials=6, confirm=1, prune=False),
    model=TINY,
    data_source="[red]data.conll",
    data_fingerprint="d",
    has_test=True,
)


def curves(spec: TrialSpec) -> Sequence[Step]:
    """Rise to a peak that is best near 2e-4; the largest batches end with a NaN."""
    if spec.batch_size == 4:
        return [0.1, math.nan]
    peak = 0.9 - 0.2 * abs(math.log10(spec.learning_rate / 2e-4))
    return [peak * (1 - 0.5 ** (epoch + 1)) for epoch in range(spec.epochs)]


@pytest.fixture(scope="session")
def finished_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with the finished study `fin` in it; to be read only."""
    runs = tmp_path_factory.mktemp("runs")
    run_search(SPEC, ScriptedEngine(curves), SilentStudy(), runs / "fin")
    return runs


@pytest.fixture
def cut_off_runs(finished_runs: Path, tmp_path: Path) -> Path:
    """The same study as a kill -9 in its last trial leaves it."""
    runs = tmp_path / "runs"
    shutil.copytree(finished_runs, runs)
    study = runs / "fin"
    (study / "summary.json").unlink()
    trials = sorted((study / "trials").iterdir())
    (trials[-1] / "result.json").unlink()
    with (trials[-1] / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "epoch"})[:-4])
    return runs
