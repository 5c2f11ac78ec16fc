"""An engine hosted elsewhere: the words that go there and back, and who obeys them.

Nothing here knows how the words travel: a worker process reads them from its pipe, an actor of a
cluster gets them as calls. What goes back are the engine's own messages and two replies.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tuner.engine import Engine, EpochDone, Job, JobEnded, Message, Verdict
from tuner.engines._failure import Failure
from tuner.trial import Scores

__all__ = [
    "Answer",
    "Broken",
    "Close",
    "Command",
    "EngineHost",
    "Evaluate",
    "Evaluated",
    "Failure",
    "Interrupt",
    "Reply",
    "StartJob",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Begin a training."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Let a training that has reported go on or stop; dropped if it is not waiting."""

    key: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """Let a training end before its next report, if it can; see `Engine.interrupt`."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Score a saved model; the reply is `Evaluated` with the same number."""

    number: int
    model: Path
    split: Literal["dev", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Stop all trainings at once; no other command follows."""


Command = StartJob | Answer | Interrupt | Evaluate | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """Reply to `Evaluate`: the scores, or why there are none.

    Attributes:
        number: The number of the command.
        scores: The scores; None if it failed.
        failure: Why it failed; None if it did not.
    """

    number: int
    scores: Scores | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The engine raised an error, which ends the study.

    Attributes:
        key: The job that could not be started; None when it is not known whose error it is.
        failure: The error.
    """

    key: str | None
    failure: Failure


Reply = Evaluated | Broken


class EngineHost:
    """Obeys commands with an engine, and hands out what the engine says.

    It starts no thread: whoever carries the words calls `do` and `next_message` in turn. Neither
    raises an error of the engine; errors come out as replies.

    Args:
        engine: The engine that trains.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: set[str] = set()
        self._waiting: set[str] = set()
        self._replies: deque[Reply] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nothing can come from `next_message` before another command."""
        return not self._replies and self._running <= self._waiting

    def do(self, command: Command) -> None:
        """Obey a command; an evaluation is done when this returns."""
        match command:
            case StartJob(job=job):
                self._start(job)
            case Answer(key=key, verdict=verdict) if key in self._waiting:
                self._waiting.discard(key)
                self._engine.answer(key, verdict)
            case Interrupt(key=key, reason=reason) if key in self._running:
                self._engine.interrupt(key, reason)
            case Evaluate():
                self._replies.append(self._evaluate(command))
            case Close():
                self.close()
            case _:
                pass  # an answer to a training that does not wait, a wish to one that has ended

    def next_message(self, timeout: float) -> Message | Reply | None:
        """Wait up to `timeout` seconds for a message or a reply; None when none came."""
        if self._replies:
            return self._replies.popleft()
        try:
            message = self._engine.next_message(timeout)
        except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
            self._running.clear()
            self._waiting.clear()
            return Broken(key=None, failure=Failure.of(error))
        match message:
            case EpochDone(key=key):
                self._waiting.add(key)
            case JobEnded(key=key):
                self._running.discard(key)
        return message

    def close(self) -> None:
        """Stop all trainings at once and free what the engine holds. May be called twice."""
        self._engine.close()
        self._running.clear()
        self._waiting.clear()

    def _start(self, job: Job) -> None:
        try:
            self._engine.start(job)
        except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
            self._replies.append(Broken(key=job.key, failure=Failure.of(error)))
        else:
            self._running.add(job.key)

    def _evaluate(self, command: Evaluate) -> Evaluated:
        try:
            scores = self._engine.evaluate(command.model, command.split)
        except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
            return Evaluated(number=command.number, failure=Failure.of(error))
        return Evaluated(number=command.number, scores=scores)
