"""A worker that hangs instead of dying is noticed by its silence, and replaced once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.tuner.engines.recipes import EndlessRecipe, rising
from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, Verdict
from tuner.engine_recipe import Place
from tuner.engines._standstill import STANDSTILL_VARIABLE, Progress, standstill_seconds
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.errors import UsageError
from tuner.search.folder import StudyFolder
from tuner.study_view import StudySnapshot
from tuner.testing import next_message
from tuner.trial import TrialSpec, TrialState


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float, progress: Progress) -> None:
        """Let time go by while somebody looks every few seconds, as a search does."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + 5.0, end)
            assert progress.silence >= 0.0


def test_only_a_silence_far_longer_than_every_pause_before_counts() -> None:
    clock = Clock()
    progress = Progress(60.0, clock)

    def judged_after(seconds: float) -> bool:
        clock.pass_by(seconds, progress)
        return progress.stands_still

    assert not judged_after(1000.0), "nothing is expected yet"
    progress.begin()
    assert not judged_after(59.0)
    progress.went_on()
    assert not judged_after(20 * 59.0 - 1.0), "a step of 59 seconds has been seen"
    assert judged_after(1.0)
    assert progress.silence == 20 * 59.0
    progress.wait()
    assert not judged_after(1e4), "it waits for somebody else"


@pytest.mark.parametrize(("text", "expected"), [("", 600.0), ("5", 5.0), ("inf", float("inf"))])
def test_the_limit_is_the_users_to_choose(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: float
) -> None:
    monkeypatch.setenv(STANDSTILL_VARIABLE, text)
    assert standstill_seconds() == expected
    clock = Clock()
    progress = Progress(standstill_seconds(), clock)
    progress.begin()
    clock.pass_by(2_000.0, progress)
    assert progress.stands_still is (expected < 1e9)


def test_a_pause_of_the_search_itself_is_nobodys_standstill() -> None:
    clock = Clock()
    progress = Progress(60.0, clock)
    progress.begin()
    clock.pass_by(30.0, progress)
    clock.now += 7_200.0  # the search was stopped, and its workers with it
    assert not progress.stands_still
    assert progress.silence == 30.0
    clock.pass_by(29.0, progress)
    assert not progress.stands_still
    clock.pass_by(1.0, progress)
    assert progress.stands_still


@pytest.mark.parametrize("text", ["0", "-3", "soon", "nan"])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(STANDSTILL_VARIABLE, text)
    with pytest.raises(UsageError, match="must be a positive number of seconds"):
        WorkersEngine(ScriptedRecipe(curves=rising), [Place(name="worker-1")])


def test_a_stopped_worker_is_replaced_and_its_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole search sees an event, and every epoch once."""
    monkeypatch.setenv(STANDSTILL_VARIABLE, "3")
    recipe = ScriptedRecipe(curves=rising, delay=0.02)
    engine = WorkersEngine(recipe, [Place(name="worker-1")], folder=tmp_path)
    stopped: list[int] = []

    def stop_once(snapshot: StudySnapshot, note: str) -> None:
        if not stopped and "0000 epoch 1/" in note:
            stopped.extend(engine.processes)
            os.kill(stopped[0], signal.SIGSTOP)

    watcher = Watcher(stop_once)
    search(tmp_path, make_spec(trials=2), engine=engine, observer=watcher)
    engine.close()
    assert stopped and not Path(f"/proc/{stopped[0]}").exists()
    runs = StudyFolder(tmp_path).runs()
    (event,) = [event for run in runs for event in run.events if event.kind == "restarted"]
    assert event.message.startswith("The training on Worker 1 ended no step for ")
    assert event.message.endswith("replaced.")
    assert any(f"begins again: {event.message}" in note for note in watcher.notes)
    for run in runs:
        assert run.state is TrialState.FINISHED
        assert [report.epoch for report in run.reports] == list(range(1, run.spec.epochs + 1))


def test_a_training_that_stands_still_again_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker lives and says so, but no step ends."""
    monkeypatch.setenv(STANDSTILL_VARIABLE, "0.5")
    engine = WorkersEngine(EndlessRecipe(), [Place(name="worker-1")])
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=2)
    engine.start(Job(key="0000", spec=spec, directory=tmp_path))
    first, second = next_message(engine), next_message(engine)
    assert isinstance(first, JobRestarted)
    assert isinstance(second, JobEnded)
    assert second.outcome.state is TrialState.FAILED
    assert "stood still 2 times" in second.outcome.reason
    engine.close()


def test_a_training_that_waits_for_its_verdict_does_not_stand_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STANDSTILL_VARIABLE, "1")
    engine = WorkersEngine(ScriptedRecipe(curves=rising), [Place(name="worker-1")])
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=2)
    engine.start(Job(key="0000", spec=spec, directory=tmp_path))
    assert isinstance(next_message(engine), EpochDone)
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        assert engine.next_message(0.1) is None
    engine.answer("0000", Verdict())
    assert isinstance(next_message(engine), EpochDone)
    engine.close()
