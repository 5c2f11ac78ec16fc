"""A whole search on worker processes finds what it finds in one process."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.engine_recipe import Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.search.folder import StudyFolder
from tuner.study_view import StudySnapshot, StudySummary

SPEC = make_spec(sampler="random", trials=6)
"""A sampler that learns nothing: the order in which trials end changes none of them."""


def make_engine(folder: Path, count: int) -> WorkersEngine:
    places = [Place(name=f"worker-{number}") for number in range(1, count + 1)]
    return WorkersEngine(ScriptedRecipe(curves=rising), places, folder=folder)


def trials(summary: StudySummary) -> list[tuple[Any, ...]]:
    rows = sorted(summary.rows, key=lambda row: row.key)
    return [(row.key, row.spec, row.state, row.score) for row in rows]


def test_workers_give_the_trials_of_one_process_even_when_killed(tmp_path: Path) -> None:
    expected = trials(search(tmp_path / "process", SPEC))

    engine = make_engine(tmp_path / "one", 1)
    one = search(tmp_path / "one", SPEC, engine=engine)
    engine.close()
    assert trials(one) == expected

    engine = make_engine(tmp_path / "three", 3)
    killed: set[int] = set()

    def kill_all_once(snapshot: StudySnapshot, note: str) -> None:
        if not killed and "0003 epoch 1/" in note:
            killed.update(engine.processes)
            for process in killed:
                os.kill(process, signal.SIGKILL)

    three = search(tmp_path / "three", SPEC, engine=engine, observer=Watcher(kill_all_once))
    engine.close()
    assert len(killed) == 3
    assert trials(three) == expected
    runs = StudyFolder(tmp_path / "three").runs()
    restarted = [event for run in runs for event in run.events if event.kind == "restarted"]
    assert restarted and all("killed by signal 9" in event.message for event in restarted)
    for run in runs:
        assert [report.epoch for report in run.reports] == list(range(1, run.spec.epochs + 1))
