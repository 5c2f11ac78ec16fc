"""Workers and the search are killed: no training is lost or left over, and no process stays."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import tuner
from tests.tuner.engines.recipes import CountingRecipe
from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, Verdict
from tuner.engine_recipe import Place
from tuner.engines.workers import WorkersEngine
from tuner.trial import TrialOutcome, TrialSpec, TrialState

EPOCHS = 5
JOBS = 8
ROOT = Path(tuner.__file__).parents[1]
PATIENCE = 20.0


@dataclass
class Ordeal:
    """Runs trainings on three workers and kills some at random.

    Attributes:
        killed: Processes that it killed.
        killed_early: How many of them may not have been ready.
        seen: All processes that ever lived.
        reports: Job to its reported epochs since it was last begun.
        restarts: Job to how often it was begun again.
        outcomes: Job to how it ended.
        heard: Messages so far. They time the kills: on a fast machine all is over in a moment.
    """

    folder: Path
    dice: random.Random
    kills: int
    killed: list[int] = field(default_factory=list)
    killed_early: int = 0
    seen: set[int] = field(default_factory=set)
    reports: dict[str, list[int]] = field(default_factory=dict)
    restarts: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, TrialOutcome] = field(default_factory=dict)
    heard: int = 0

    def run(self) -> None:
        recipe = CountingRecipe(count=self.folder / "epochs", delay=0.02)
        places = [Place(name=f"worker-{number}") for number in (1, 2, 3)]
        engine = WorkersEngine(recipe, places, folder=self.folder)
        waiting = [f"{number:04}" for number in range(JOBS)]
        next_kill = self.dice.randint(0, 6)
        while len(self.outcomes) < JOBS:
            while waiting and len(self.reports) - len(self.outcomes) < engine.slots:
                self._start(engine, waiting.pop(0))
            self._hear(engine)
            self.seen.update(engine.processes)
            if len(self.killed) < self.kills and self.heard >= next_kill:
                next_kill += self.dice.randint(0, 6)
                self._kill(engine)
        engine.close()
        engine.close()

    def _start(self, engine: WorkersEngine, key: str) -> None:
        directory = self.folder / key
        directory.mkdir()
        spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=EPOCHS)
        engine.start(Job(key=key, spec=spec, directory=directory))
        self.reports[key] = []

    def _hear(self, engine: WorkersEngine) -> None:
        message = engine.next_message(0.05)
        self.heard += message is not None
        match message:
            case EpochDone(key=key, report=report):
                self.reports[key].append(report.epoch)
                engine.answer(key, Verdict())
            case JobRestarted(key=key, reason=reason):
                assert "killed by signal 9" in reason
                self.reports[key].clear()
                self.restarts[key] += 1
            case JobEnded(key=key, outcome=outcome):
                assert key not in self.outcomes, "ended twice"
                self.outcomes[key] = outcome

    def _kill(self, engine: WorkersEngine) -> None:
        living = [process for process in engine.processes if process not in self.killed]
        built = {int(path.stem) for path in self.folder.glob("*.built")}
        if self.killed_early == 2:  # a third in a row would rightly end the study
            living = [process for process in living if process in built]
        if living:
            self.killed.append(self.dice.choice(living))
            self.killed_early += self.killed[-1] not in built
            os.kill(self.killed[-1], signal.SIGKILL)


@pytest.mark.parametrize("seed", range(4))
def test_workers_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    ordeal = Ordeal(tmp_path, random.Random(seed), kills=5)
    ordeal.run()
    for key, outcome in ordeal.outcomes.items():
        if outcome.state is TrialState.FAILED:
            assert ordeal.restarts[key] == 2 and "3 times" in outcome.reason
        else:
            assert outcome == TrialOutcome(state=TrialState.FINISHED)
            assert ordeal.reports[key] == [1, 2, 3, 4, 5]
    finished = sum(one.state is TrialState.FINISHED for one in ordeal.outcomes.values())
    trained = (tmp_path / "epochs").stat().st_size
    assert finished * EPOCHS <= trained, "every epoch was trained"
    assert trained <= JOBS * EPOCHS + len(ordeal.killed), "none again that a checkpoint covers"
    assert len(ordeal.killed) == ordeal.kills
    assert set(ordeal.killed) <= ordeal.seen and len(ordeal.seen) > 3
    assert [process for process in ordeal.seen if Path(f"/proc/{process}").exists()] == []


def test_a_verdict_for_a_lost_training_is_dropped(tmp_path: Path) -> None:
    """The training that was to be pruned begins again, and is asked about again."""
    recipe = CountingRecipe(count=tmp_path / "epochs", delay=0.0)
    engine = WorkersEngine(recipe, [Place(name="worker-1")])
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=2)
    engine.start(Job(key="0000", spec=spec, directory=tmp_path))
    assert isinstance(_next(engine), EpochDone)
    os.kill(engine.processes[0], signal.SIGKILL)
    time.sleep(0.05)
    engine.answer("0000", Verdict(action="prune", reason="too low"))
    assert isinstance(_next(engine), JobRestarted)
    engine.answer("0000", Verdict(action="prune", reason="too late"))
    for epoch in (1, 2):
        message = _next(engine)
        assert isinstance(message, EpochDone) and message.report.epoch == epoch
        engine.answer("0000", Verdict())
    message = _next(engine)
    assert isinstance(message, JobEnded) and message.outcome.state is TrialState.FINISHED
    engine.close()


def _next(engine: WorkersEngine) -> object:
    return engine.next_message(PATIENCE)


SEARCH = """
import sys, threading, time
from pathlib import Path
from tests.tuner.engines.recipes import EndlessRecipe
from tuner.engine import Job
from tuner.engine_recipe import Place
from tuner.engines.workers import WorkersEngine
from tuner.trial import TrialSpec

def run():
    folder = Path(sys.argv[1])
    engine = WorkersEngine(EndlessRecipe(), [Place(name="a"), Place(name="b")], folder=folder)
    for key in ("0000", "0001"):
        spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=2)
        engine.start(Job(key=key, spec=spec, directory=folder))
    engine.next_message(0.1)
    time.sleep(float(sys.argv[3]))
    print(*engine.processes, flush=True)
    time.sleep(3600)

if sys.argv[2] == "main thread":
    run()
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("thread", ["main thread", "another thread"])
@pytest.mark.parametrize("after", ["0", "1"])
def test_workers_die_with_the_search(tmp_path: Path, thread: str, after: str) -> None:
    """Also while they start, and in the middle of a step; from another thread by the pipe alone."""
    with subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(tmp_path), thread, after],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as search:
        assert search.stdout is not None
        workers = [int(word) for word in search.stdout.readline().split()]
        assert len(workers) == 2 and all(_lives(process) for process in workers)
        search.kill()
    end = time.monotonic() + PATIENCE
    while any(_lives(process) for process in workers):
        assert time.monotonic() < end, "a worker outlived the search"
        time.sleep(0.02)


def _lives(process: int) -> bool:
    """Whether a process runs: one that waits for burial by whoever inherited it does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
