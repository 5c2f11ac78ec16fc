"""The engine that spreads trainings over a Ray cluster: what runs, what waits, what was lost."""

from __future__ import annotations

import time
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Literal

from diagnostics.subjects.run_history import RunEvent
from tuner.engine import Job, JobEnded, JobRestarted, Message, Verdict
from tuner.engine_recipe import EngineRequest
from tuner.engines._ray.connection import Connection
from tuner.engines._ray.fleet import Fleet
from tuner.engines._ray.lane import Lane
from tuner.engines._ray.nodes import Share
from tuner.engines._ray.shipment import Shipment
from tuner.engines._ray.training import Training
from tuner.engines._ray.watch import Watch
from tuner.trial import Scores, TrialOutcome, TrialState

__all__ = ["RayEngine"]


class RayEngine:
    """Runs one training per actor; actors come and go with the nodes.

    Args:
        request: What the user wants.
        connection: The cluster, which is left at the end.
        share: What a training takes of a node.
    """

    def __init__(self, request: EngineRequest, connection: Connection, share: Share) -> None:
        self._request = request
        self._connection = connection
        self._share = share
        self._watch: Watch | None = None
        self._fleet: Fleet | None = None
        self._shipment: Shipment | None = None
        self._queue: deque[Training] = deque()
        self._messages: deque[Message] = deque()

    @property
    def title(self) -> str:
        """What trains, for a person: the cluster and its places."""
        return f"{self._connection.title}, trainings side by side: {self.slots}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said about the choice of places."""
        return (self._share.note,) if self._share.note else ()

    @property
    def slots(self) -> int:
        """How many trainings may run at once: the places that are ready now, at least one."""
        return max(1, sum(lane.is_ready for lane in self.lanes))

    @property
    def lanes(self) -> list[Lane]:
        """The actors, and those that were asked for."""
        return [] if self._fleet is None else self._fleet.lanes

    @property
    def loading(self) -> frozenset[str]:
        """Keys of the trainings that were lost and wait for a place."""
        return frozenset(training.job.key for training in self._queue)

    @property
    def trainings(self) -> list[Training]:
        """What runs, and what waits for a place because it was lost with its own."""
        running = [lane.training for lane in self.lanes if lane.training is not None]
        return [*running, *self._queue]

    def open(self) -> None:
        """Wait until trainings can begin; what was begun is undone where that fails.

        Raises:
            UsageError: The cluster has no room.
            TunerError: The engine cannot be made on a node.
        """
        try:
            folder = self._request.folder.resolve()
            self._shipment = Shipment(self._request.recipe, folder, self._share)
            title = self._connection.title
            self._watch = Watch(self._connection.doors)
            say, lost = self._messages.append, self.restart
            self._fleet = Fleet(self._shipment, title, self._watch, say, lost)
            with self._fleet.told_when_lost():
                self._fleet.open()
        except BaseException:
            self.close()
            raise

    def start(self, job: Job) -> None:
        """Begin a training. Raises RuntimeError when no slot is free."""
        if len(self.trainings) >= self.slots:
            raise RuntimeError(f"`start` needs a free slot, but {self.slots} trainings run.")
        self._queue.append(Training(job=replace(job, directory=job.directory.resolve())))
        self._assign()

    def next_message(self, timeout: float) -> Message | None:
        """Wait for a message.

        Raises:
            TunerError: A training's engine broke down, a file cannot be written, or nothing is
                left of the cluster.
        """
        deadline = time.monotonic() + timeout
        while not self._messages:
            remaining = deadline - time.monotonic()
            if remaining <= 0 or self._fleet is None:
                return None
            self._fleet.work(remaining)
            self._assign()
        return self._messages.popleft()

    def answer(self, key: str, verdict: Verdict) -> None:
        """Let the training that waits go on or stop; dropped where it was lost meanwhile."""
        for lane in self.lanes:
            training = lane.training
            if training is not None and training.job.key == key and training.waits:
                if verdict.keep_above is not None:
                    training.job = replace(training.job, keep_above=verdict.keep_above)
                with self._told_when_lost():
                    lane.verdict(verdict)

    def interrupt(self, key: str, reason: str) -> None:
        """Let a running training end where it can be taken up again, before its next report."""
        for lane in self.lanes:
            if lane.training is not None and lane.training.job.key == key:
                with self._told_when_lost():
                    lane.interrupt(reason)

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Score a saved model folder on a split, in this process: that is where it lies."""
        return self._request.here.evaluate(model, split)

    def restart(self, training: Training, reason: str) -> None:
        """Let a training that was lost begin again, or fail when that happened too often."""
        training.lost()
        key = training.job.key
        if not training.is_hopeless:
            self._queue.appendleft(training)
            self._messages.append(JobRestarted(key=key, reason=reason))
            return
        reason = f"It was lost {training.losses} times with what ran it; the last time, {reason}"
        event = RunEvent(kind="error", message=reason)
        outcome = TrialOutcome(state=TrialState.FAILED, reason=reason, events=(event,))
        self._messages.append(JobEnded(key=key, outcome=outcome))

    def close(self) -> None:
        """Stop all trainings, end all actors and leave the cluster. May be called twice."""
        self._queue.clear()
        self._messages.clear()
        if self._fleet is not None:
            self._fleet.close()
        self._fleet = None
        if self._shipment is not None:
            self._shipment.close()
        self._connection.close(is_lost=self._watch is not None and self._watch.lost != "")

    def _assign(self) -> None:
        for lane in self.lanes:
            if self._queue and lane.is_ready and lane.training is None:
                with self._told_when_lost():
                    lane.train(self._queue.popleft())

    def _told_when_lost(self) -> AbstractContextManager[None]:
        return nullcontext() if self._fleet is None else self._fleet.told_when_lost()
