"""The engine of worker processes keeps the contract of engines, with light and real workers."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.tuner.engines.recipes import (
    CuriousRecipe,
    DyingRecipe,
    UnbuildableRecipe,
    disk_full,
    rising,
)
from tuner.engine import Engine, EpochDone, Job, JobEnded, JobRestarted
from tuner.engine_recipe import EngineRecipe, Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.errors import ModelError, StudyError
from tuner.testing import EngineContract, next_message, run_job
from tuner.trial import TrialSpec, TrialState


def places(count: int) -> list[Place]:
    return [Place(name=f"worker-{number}", device="cpu") for number in range(1, count + 1)]


class TestOneWorker(EngineContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "study"

    def make_engine(self) -> Engine:
        return WorkersEngine(ScriptedRecipe(curves=rising), places(1), folder=self.folder)

    def make_spec(self, epochs: int) -> TrialSpec:
        return TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)


class TestTwoWorkers(TestOneWorker):
    def make_engine(self) -> Engine:
        return WorkersEngine(ScriptedRecipe(curves=rising), places(2), folder=self.folder)


def make_engine(recipe: EngineRecipe, count: int = 1, folder: Path | None = None) -> WorkersEngine:
    return WorkersEngine(recipe, places(count), folder=folder)


def job(folder: Path, key: str = "0000", epochs: int = 3) -> Job:
    directory = folder / key
    directory.mkdir(parents=True, exist_ok=True)
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)
    return Job(key=key, spec=spec, directory=directory)


def test_workers_are_light_and_keep_their_hands_off_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = make_engine(CuriousRecipe(folder=tmp_path), 2, tmp_path)
    assert engine.processes == (), "none is started before it is needed"
    for number in range(2):
        engine.start(job(tmp_path, f"{number:04}"))
    for _ in range(2):
        assert isinstance(next_message(engine), EpochDone)
    engine.close()
    for name in ("worker-1", "worker-2"):
        facts = json.loads((tmp_path / f"{name}.json").read_text())
        assert {"torch", "transformers", "numpy", "optuna"}.isdisjoint(facts["modules"])
        assert facts["ignores_interrupts"]
        assert facts["place"]["name"] == name
        assert (tmp_path / "workers" / f"{name}.log").read_text() == "an engine is built\n"
    assert capfd.readouterr() == ("", "")


def test_a_place_on_a_gpu_is_the_only_one_that_its_worker_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a, GPU-b,GPU-c")
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", "/run/mps")
    place = Place(name="worker-1", device="cuda:1", threads=3, memory_share=0.25)
    engine = WorkersEngine(CuriousRecipe(folder=tmp_path), [place])
    run_job(engine, job(tmp_path))
    engine.close()
    facts = json.loads((tmp_path / "worker-1.json").read_text())
    assert facts["variables"]["CUDA_VISIBLE_DEVICES"] == "GPU-b"
    assert facts["variables"]["CUDA_MPS_PIPE_DIRECTORY"] == "/run/mps"
    assert facts["variables"]["OMP_NUM_THREADS"] == "3"
    assert facts["place"] | {"device": "cuda:0", "memory_share": 0.25} == facts["place"]


def test_ctrl_c_in_the_terminal_does_not_reach_workers(tmp_path: Path) -> None:
    engine = make_engine(ScriptedRecipe(curves=rising))
    engine.start(job(tmp_path))
    assert isinstance(next_message(engine), EpochDone)
    (process,) = engine.processes
    assert os.getpgid(process) != os.getpgid(0)
    os.kill(process, signal.SIGINT)
    assert engine.next_message(0.3) is None
    assert engine.processes == (process,)
    engine.close()


def test_trouble_with_the_disk_is_raised_in_the_loop(tmp_path: Path) -> None:
    engine = make_engine(ScriptedRecipe(curves=disk_full))
    with pytest.raises(StudyError) as caught:
        run_job(engine, job(tmp_path))
    assert (caught.value.message, caught.value.hint) == ("The disk is full.", "Make room.")
    engine.close()


def test_an_evaluation_starts_a_worker_when_all_are_closed(tmp_path: Path) -> None:
    engine = make_engine(ScriptedRecipe(curves=rising))
    run_job(engine, job(tmp_path))
    engine.close()
    assert engine.processes == ()
    assert engine.evaluate(tmp_path / "0000" / "best", "dev").f1 == pytest.approx(0.7)
    with pytest.raises(StudyError, match="holds no model"):
        engine.evaluate(tmp_path, "test")
    engine.start(job(tmp_path, "0001"))
    with pytest.raises(RuntimeError, match="free slot"):
        engine.evaluate(tmp_path, "test")
    engine.close()


def test_a_training_that_kills_three_workers_has_failed(tmp_path: Path) -> None:
    engine = make_engine(DyingRecipe(epochs=0, signal=signal.SIGSEGV), folder=tmp_path)
    engine.start(job(tmp_path))
    first, second, ended = (next_message(engine) for _ in range(3))
    for message in (first, second):
        assert isinstance(message, JobRestarted)
        expected = "Worker 1 was killed by signal 11 (segmentation fault)."
        assert message.reason.startswith(expected)
    assert isinstance(ended, JobEnded)
    assert ended.outcome.state is TrialState.FAILED
    assert "3 times" in ended.outcome.reason and "signal 11" in ended.outcome.reason
    engine.start(job(tmp_path, "0001"))
    assert isinstance(next_message(engine), JobRestarted)
    engine.close()


def test_the_last_words_of_a_worker_are_quoted_harmlessly(tmp_path: Path) -> None:
    said = ("first", "out of luck\x1b[31m", "")
    engine = make_engine(DyingRecipe(epochs=0, exit_code=7, last_words=said), folder=tmp_path)
    engine.start(job(tmp_path))
    message = next_message(engine)
    assert isinstance(message, JobRestarted)
    reason = "Worker 1 ended with exit code 7. It said last: out of luck\\x1b[31m"
    assert message.reason == reason
    engine.close()


def test_an_engine_that_cannot_be_built_ends_the_study(tmp_path: Path) -> None:
    engine = make_engine(UnbuildableRecipe())
    engine.start(job(tmp_path))
    with pytest.raises(ModelError, match=r"No model on worker-1. Name another one."):
        next_message(engine)
    engine.close()


def test_workers_that_die_before_they_are_ready_end_the_study(tmp_path: Path) -> None:
    engine = make_engine(UnbuildableRecipe(exits=True), folder=tmp_path)
    engine.start(job(tmp_path))
    with pytest.raises(StudyError) as caught:
        next_message(engine)
    assert "Worker 1 died 3 times before it was ready" in caught.value.message
    assert "cannot open shared object / file not found\\x1b[2J" in caught.value.hint
    with pytest.raises(StudyError, match="3 times"):
        engine.evaluate(tmp_path, "dev")
    engine.close()
    assert engine.processes == ()
