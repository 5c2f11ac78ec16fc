"""The wall clock may go back an hour or forward a day: nothing that is counted depends on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
from tuner.search.budget import StudyClock
from tuner.search.heartbeat import Heartbeat
from tuner.search.study_record import load_study
from tuner.study_view import StudySnapshot
from tuner.trial import TrialState

REPOSITORY = Path(__file__).parents[3]
JUMPS = {"an hour back": -3_600.0, "a day forward": 86_400.0}


@pytest.fixture(params=list(JUMPS.values()), ids=list(JUMPS))
def jump(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what lets the wall clock jump, for Python and for SQLite's own clock alike."""
    real = time.time

    def make() -> None:
        monkeypatch.setattr(time, "time", lambda: real() + request.param)

    return make


def test_neither_time_nor_budget_nor_result_depends_on_the_wall_clock(
    tmp_path: Path, jump: Callable[[], None]
) -> None:
    def upset(snapshot: StudySnapshot, note: str) -> None:
        if "0001 epoch 1" in note:
            jump()

    spec = make_spec(trials=3, time_budget=600.0)
    watcher = Watcher(upset)
    began = time.monotonic()
    summary = search(
        tmp_path / "demo", spec, engine=ScriptedEngine(rising, delay=0.01), observer=watcher
    )
    lasted = time.monotonic() - began
    assert summary.status == "finished"
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert 0 < summary.elapsed <= lasted
    told = [snapshot.remaining for snapshot in watcher.snapshots if snapshot.remaining is not None]
    assert told and all(0 <= remaining <= 600 for remaining in told)
    elapsed = [snapshot.elapsed for snapshot in watcher.snapshots]
    assert elapsed == sorted(elapsed)
    whole = search(tmp_path / "whole", spec)
    assert [row.score for row in summary.rows] == [row.score for row in whole.rows]


def test_a_study_goes_on_under_another_clock(tmp_path: Path, jump: Callable[[], None]) -> None:
    """The machine was off, its clock is wrong now: the files seem to come from the future."""
    search(tmp_path / "demo", make_spec(trials=2))
    jump()
    summary = search(tmp_path / "demo", make_spec(trials=4))
    whole = search(tmp_path / "whole", make_spec(trials=4))
    assert [row.score for row in summary.rows] == [row.score for row in whole.rows]
    assert load_study(tmp_path / "demo").elapsed < 600


def test_signs_of_life_go_on(jump: Callable[[], None]) -> None:
    beats: list[int] = []
    three = threading.Event()

    def beat(number: int) -> None:
        beats.append(number)
        if len(beats) >= 3:
            three.set()

    heartbeat = Heartbeat(beat, 0.02)
    heartbeat.watch(7)
    jump()
    assert three.wait(20)
    heartbeat.stop()


def test_a_clock_that_goes_back_takes_no_time_away(tmp_path: Path) -> None:
    """The monotonic clock never does; where a platform's does, no time is counted."""
    now = 100.0
    clock = StudyClock(tmp_path / "clock.json", lambda: now)
    now = 50.0
    assert clock.elapsed == 0.0
    now = 130.0
    assert clock.elapsed == 30.0


SUSPENDED = """
import sys
from pathlib import Path
from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
watcher = Watcher(lambda snapshot, note: print(note, flush=True))
search(
    Path(sys.argv[1]), make_spec(trials=2), engine=ScriptedEngine(rising, delay=0.02),
    observer=watcher,
)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="the system stops no process")
def test_a_suspended_search_goes_on_where_it_was(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SUSPENDED, str(tmp_path / "demo")],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if "0001 epoch 1" in line:
                process.send_signal(signal.SIGSTOP)
                time.sleep(1.0)
                process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    record = load_study(tmp_path / "demo")
    whole = search(tmp_path / "whole", make_spec(trials=2))
    assert [run.score for run in record.runs] == [row.score for row in whole.rows]
    assert json.loads((tmp_path / "demo" / "clock.json").read_text())["seconds"] > 0
