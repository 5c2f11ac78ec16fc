"""A hosted engine obeys commands, and no error of it gets lost on the way to the loop."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest

from tests.tuner.engines.recipes import disk_full, rising
from tuner.engine import EpochDone, Job, JobEnded, Verdict
from tuner.engines._hosting import (
    Answer,
    Broken,
    Close,
    EngineHost,
    Evaluate,
    Evaluated,
    Failure,
    Interrupt,
    StartJob,
)
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import ModelError, StudyError, TunerError, UsageError
from tuner.trial import TrialSpec


def job(folder: Path, key: str = "0000", epochs: int = 2) -> Job:
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)
    return Job(key=key, spec=spec, directory=folder)


def test_a_training_by_commands(tmp_path: Path) -> None:
    host = EngineHost(ScriptedEngine(rising))
    idle = [host.is_idle]
    host.do(StartJob(job=job(tmp_path)))
    for epoch in (1, 2):
        idle.append(host.is_idle)
        message = host.next_message(1.0)
        assert isinstance(message, EpochDone) and message.report.epoch == epoch
        idle.append(host.is_idle)
        host.do(Answer(key="0000", verdict=Verdict()))
    assert isinstance(host.next_message(1.0), JobEnded)
    idle.append(host.is_idle)
    assert idle == [True, False, True, False, True, True], "idle while it waits for a verdict"
    host.do(Evaluate(number=7, model=tmp_path / "best", split="dev"))
    reply = host.next_message(1.0)
    assert isinstance(reply, Evaluated) and reply.number == 7 and reply.scores is not None
    assert reply.scores.f1 == 0.6
    host.do(Close())
    host.close()
    assert host.next_message(0.0) is None


def test_a_wish_to_stop_reaches_a_running_training_alone(tmp_path: Path) -> None:
    wishes: list[tuple[str, str]] = []

    class Heeding(ScriptedEngine):
        def interrupt(self, key: str, reason: str) -> None:
            wishes.append((key, reason))

    host = EngineHost(Heeding(rising))
    host.do(Interrupt(key="0000", reason="too early"))
    host.do(StartJob(job=job(tmp_path, epochs=1)))
    host.do(ForkingPickler.loads(ForkingPickler.dumps(Interrupt(key="0000", reason="now"))))
    assert isinstance(host.next_message(1.0), EpochDone)
    host.do(Answer(key="0000", verdict=Verdict()))
    assert isinstance(host.next_message(1.0), JobEnded)
    host.do(Interrupt(key="0000", reason="too late"))
    assert wishes == [("0000", "now")]


def test_a_verdict_for_a_training_that_does_not_wait_is_dropped(tmp_path: Path) -> None:
    host = EngineHost(ScriptedEngine(rising))
    prune = Verdict(action="prune", reason="late")
    host.do(Answer(key="0000", verdict=prune))
    host.do(StartJob(job=job(tmp_path, epochs=1)))
    host.do(Answer(key="0000", verdict=prune))
    assert isinstance(host.next_message(1.0), EpochDone)
    host.do(Answer(key="elsewhere", verdict=prune))
    host.do(Answer(key="0000", verdict=Verdict()))
    ended = host.next_message(1.0)
    assert isinstance(ended, JobEnded) and ended.outcome.state == "finished"


def test_what_the_engine_raises_comes_out_as_a_reply(tmp_path: Path) -> None:
    host = EngineHost(ScriptedEngine(disk_full))
    host.do(StartJob(job=job(tmp_path)))
    host.next_message(1.0)
    host.do(Answer(key="0000", verdict=Verdict()))
    broken = host.next_message(1.0)
    assert isinstance(broken, Broken)
    with pytest.raises(StudyError) as caught:
        raise broken.failure.error()
    assert (caught.value.message, caught.value.hint) == ("The disk is full.", "Make room.")
    assert host.is_idle


def test_a_training_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    host = EngineHost(ScriptedEngine(rising))
    host.do(StartJob(job=job(tmp_path)))
    host.do(StartJob(job=job(tmp_path, "0001")))
    broken = host.next_message(1.0)
    assert isinstance(broken, Broken) and broken.key == "0001"
    assert "RuntimeError: no slot is free" in broken.failure.message
    assert "Traceback" in broken.failure.details


def test_an_evaluation_that_fails_says_why(tmp_path: Path) -> None:
    host = EngineHost(ScriptedEngine(rising))
    host.do(Evaluate(number=1, model=tmp_path, split="test"))
    reply = host.next_message(1.0)
    assert isinstance(reply, Evaluated) and reply.scores is None and reply.failure is not None
    assert "holds no model" in reply.failure.message


@pytest.mark.parametrize("kind", [ModelError, StudyError, UsageError])
def test_a_failure_survives_the_way(kind: type[TunerError]) -> None:
    sent = Failure.of(kind("This is wrong.", "Do that."))
    received = ForkingPickler.loads(bytes(ForkingPickler.dumps(sent)))
    error = received.error()
    assert type(error) is kind
    assert (error.message, error.hint, received.details) == ("This is wrong.", "Do that.", "")


def test_an_error_of_unknown_kind_becomes_one_of_the_study() -> None:
    class OddError(TunerError):
        pass

    assert type(Failure.of(OddError("Odd.")).error()) is StudyError
    error = Failure.of(KeyError("x")).error()
    assert type(error) is StudyError and "KeyError: 'x'" in error.message
