"""Worker processes train as one process does, also when one is killed on the way."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tuner.trainings import RECIPE, scored
from tuner.data import load_data
from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, Verdict
from tuner.engine_recipe import Place
from tuner.engines.in_process import TrainingRecipe
from tuner.engines.workers import WorkersEngine
from tuner.testing import next_message, run_job
from tuner.trial import TrialSpec, TrunkPlan

pytestmark = pytest.mark.long

TRUNK = replace(RECIPE, schedule="trunk", trunk=TrunkPlan(counts=(1, 2, 3)))


@pytest.mark.parametrize("spec", [RECIPE, TRUNK], ids=["linear", "trunk"])
def test_a_real_training_goes_on_where_its_worker_was_killed(
    easy_data: Path, tiny_model: Path, tmp_path: Path, spec: TrialSpec
) -> None:
    recipe = TrainingRecipe(
        data=load_data(easy_data),
        model=str(tiny_model),
        folder=tmp_path / "study",
        checkpoint_every=0.0,
    )
    here = recipe.build(Place(name="here", device="cpu", threads=1))
    whole, _ = run_job(here, Job(key="whole", spec=spec, directory=_folder(tmp_path / "whole")))

    place = Place(name="worker-1", device="cpu", threads=1)
    engine = WorkersEngine(recipe, [place], folder=tmp_path / "study")
    engine.start(Job(key="cut", spec=spec, directory=_folder(tmp_path / "cut")))
    heard: list[EpochDone | JobRestarted] = []
    while not isinstance(message := next_message(engine), JobEnded):
        heard.append(message)
        if isinstance(message, EpochDone):
            engine.answer("cut", Verdict())
        if len(heard) == 2:
            os.kill(engine.processes[0], signal.SIGKILL)
    at = next(at for at, message in enumerate(heard) if isinstance(message, JobRestarted))
    assert at in {2, 3}, "the third epoch may have been reported before the worker was gone"
    again = [message.report for message in heard[at + 1 :] if isinstance(message, EpochDone)]
    assert scored(again) == scored(whole)
    assert message.outcome.state == "finished"
    score = engine.evaluate(tmp_path / "cut" / "best", "test").f1
    assert score == here.evaluate(tmp_path / "whole" / "best", "test").f1
    engine.close()
    here.close()
    assert (tmp_path / "study" / "workers" / "worker-1.log").is_file()


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
