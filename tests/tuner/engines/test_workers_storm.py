"""An out-of-memory storm over worker processes, some of which are killed in it."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from tests.tuner.engines.test_workers_search import trials
from tests.tuner.search.storms import MOST_ROWS, stormy
from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.engine_recipe import Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.search.folder import StudyFolder
from tuner.study_view import StudySnapshot
from tuner.trial import TrialState

SPEC = make_spec(sampler="random", trials=14)


def test_the_answer_is_that_of_one_process_and_every_failure_is_recorded(tmp_path: Path) -> None:
    expected = search(tmp_path / "process", SPEC, stormy)
    assert expected.winner is not None and expected.winner.spec.batch_size <= MOST_ROWS

    places = [Place(name=f"worker-{number}") for number in range(1, 4)]
    engine = WorkersEngine(ScriptedRecipe(curves=stormy), places, folder=tmp_path / "three")
    killed: set[int] = set()

    def kill_one(snapshot: StudySnapshot, note: str) -> None:
        if "infeasible" in note and len(killed) < 2:
            victim = next(iter(set(engine.processes) - killed))
            killed.add(victim)
            with contextlib.suppress(ProcessLookupError):  # it may have just ended by itself
                os.kill(victim, signal.SIGKILL)

    three = search(tmp_path / "three", SPEC, engine=engine, observer=Watcher(kill_one))
    engine.close()
    assert killed, "nothing failed"
    assert trials(three) == trials(expected)
    assert three.winner is not None
    assert three.winner.spec == expected.winner.spec
    runs = StudyFolder(tmp_path / "three").runs()
    states = {run.state for run in runs}
    assert states == {TrialState.FINISHED, TrialState.INFEASIBLE}
    for run in runs:
        told = [event.kind for event in run.events]
        failed = run.state is TrialState.INFEASIBLE
        assert told.count("out-of-memory") == failed, run
        assert bool(run.reason) == failed
    assert any("did not succeed" in warning for warning in three.warnings)
