"""One actor of the cluster as the search sees it: where it is, what it trains, what is awaited."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray

from tuner.engine import EpochDone, JobEnded, Message, StepsDone, Verdict
from tuner.engines._failure import Failure
from tuner.engines._hosting import Broken
from tuner.engines._ray.actor import Trainer
from tuner.engines._ray.files import ALL_PARTS, RESULTS, FileFacts, fetch, send
from tuner.engines._ray.shipment import Shipment
from tuner.engines._ray.training import Training
from tuner.engines._ray.words import Arrival, Said
from tuner.engines._standstill import Progress, standstill_seconds
from tuner.errors import StudyError
from tuner.trial import TrialState

__all__ = ["Lane"]

COPY_SHARE = 0.05
"""Most of a training's time that goes into copies of checkpoints to the search, where folders are
not shared: large ones come more rarely."""

Wait = Generator[Any, Any, None]
"""Hands out calls of an actor and is given their results; None means: wait for a verdict."""


@dataclass(slots=True, kw_only=True)
class Lane:
    """An actor and what it does.

    Attributes:
        name: For messages and for the inner engine's place.
        shipment: What the actor is given.
        say: Takes the messages for the search.
        arrival: Where it is; None before Ray has found a place.
        actor: Its handle; None before `open`.
        is_ready: Whether its engine is made.
        training: What it trains.
        awaited: The call whose result is awaited; None when nothing is.
        progress: Whether the training goes on.
    """

    name: str
    shipment: Shipment
    say: Callable[[Message], None]
    actor: Any = None
    arrival: Arrival | None = None
    is_ready: bool = False
    training: Training | None = None
    awaited: Any = None
    progress: Progress = field(default_factory=lambda: Progress(standstill_seconds()))
    _errand: Wait | None = field(default=None, repr=False)

    def open(self) -> None:
        """Ask Ray for an actor, which begins as soon as there is room for it."""
        kind: Any = ray.remote(Trainer)
        options = {"max_concurrency": 3, "max_restarts": 0, "max_task_retries": 0}
        kind = kind.options(**self.shipment.share.resources, **options)
        self.actor = kind.remote(self.shipment.surroundings)
        self._begin(self._prepare())

    def train(self, training: Training) -> None:
        """Begin a training."""
        self.training = training
        self._begin(self._train(training))

    def verdict(self, verdict: Verdict) -> None:
        """Answer the training that waits."""
        if self.training is not None:
            self.training.waits = False
            self.advance(verdict)

    def interrupt(self, reason: str) -> None:
        """Pass on the wish that the training ends before its next report."""
        if self.training is not None:
            self.actor.interrupt.remote(self.training.job.key, reason)

    def advance(self, result: Any) -> None:
        """Go on with the result of the call that was awaited, or with a verdict.

        Raises:
            TunerError: The engine there broke down, or a file cannot be written here.
        """
        assert self._errand is not None
        try:
            self.awaited = self._errand.send(result)
        except StopIteration:
            self.awaited = self._errand = None
        except OSError as error:
            raise StudyError(
                f"A file of a training could not be brought from {self.name}: {error}",
                "Make room or fix the permissions, then run the same command again.",
            ) from error

    def close(self) -> None:
        """End the actor at once."""
        self.awaited = self._errand = None
        ray.kill(self.actor, no_restart=True)

    def _begin(self, errand: Wait) -> None:
        self._errand = errand
        self.advance(None)

    def _prepare(self) -> Wait:
        arrival: Arrival = yield self.actor.arrive.remote()
        self.arrival = arrival
        self.name = f"{self.name} on {arrival.name}"
        packed = self.shipment.model() if arrival.needs_model else None
        place = self.shipment.share.place(self.name)
        failure: Failure | None = yield self.actor.prepare.remote(
            self.shipment.recipe, place, packed
        )
        if failure is not None:
            raise failure.error()
        self.is_ready = True

    def _train(self, training: Training) -> Wait:
        job, actor = training.job, self.actor
        in_place = self._works_in_place(job.directory)
        if not in_place and job.resume:
            yield from send(
                lambda name, offset, data: actor.write.remote(job.key, name, offset, data),
                job.directory,
            )
        self.progress.begin()
        said: Said = yield actor.start.remote(job, in_place)
        while not isinstance(said.message, JobEnded):
            said = yield from self._follow(training, said, in_place)
        self.progress.wait()
        yield from self._copy(training, said)
        if not in_place:
            yield actor.forget.remote(job.key)
        self.training = None
        self.say(said.message)

    def _follow(self, training: Training, said: Said, in_place: bool) -> Generator[Any, Any, Said]:
        """Tell the search what was said, and return what the training says next."""
        message = said.message
        if isinstance(message, Broken):
            raise message.failure.error()
        if isinstance(message, StepsDone):
            self.progress.went_on()
            self.say(message)
        if not isinstance(message, EpochDone):
            following: Said = yield self.actor.listen.remote(in_place)
            return following
        self.progress.wait()
        yield from self._copy(training, said)
        training.waits = True
        self.say(message)
        verdict: Verdict = yield None
        self.progress.begin()
        answered: Said = yield self.actor.answer.remote(verdict, in_place)
        return answered

    def _works_in_place(self, directory: Path) -> bool:
        folder = self.shipment.surroundings.folder
        shared = self.arrival is not None and self.arrival.shared
        return shared and directory.is_relative_to(folder)

    def _copy(self, training: Training, said: Said) -> Wait:
        """Bring home what changed: the model at the end, with a checkpoint now and then."""
        files, message = said.files, said.message
        if files is None:
            return
        wanted: tuple[str, ...] = ALL_PARTS
        if isinstance(message, JobEnded):
            resumable = message.outcome.state is TrialState.INTERRUPTED
            wanted = ALL_PARTS if resumable else RESULTS
        elif not self._is_time(training, files):
            return
        changed = {file.part for file in files if file not in training.copied}
        actor, key, begun = self.actor, training.job.key, time.monotonic()
        yield from fetch(
            lambda name, offset: actor.read.remote(key, name, offset),
            files,
            [part for part in wanted if part in changed],
            training.job.directory,
        )
        training.copied, training.copied_at = frozenset(files), time.monotonic()
        training.copy_seconds = training.copied_at - begun

    def _is_time(self, training: Training, files: tuple[FileFacts, ...]) -> bool:
        """Whether there is a new checkpoint, and the last one was copied long enough ago.

        As often as checkpoints are written, so that a lost node costs what a killed process would.
        """
        new = any(file.part == "checkpoint" and file not in training.copied for file in files)
        pause = max(self.shipment.checkpoint_every, training.copy_seconds / COPY_SHARE)
        return new and time.monotonic() - training.copied_at >= pause
