"""The actors of a search on a Ray cluster: as many as its nodes hold, which come and go."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray
from ray.exceptions import RayError

from tuner.engine import Message
from tuner.engines._ray.lane import Lane
from tuner.engines._ray.nodes import Node, alive, identities, places
from tuner.engines._ray.shipment import Shipment
from tuner.engines._ray.training import MOST_LOSSES, Training
from tuner.engines._ray.watch import Watch
from tuner.errors import StudyError, TunerError, UsageError

__all__ = ["Fleet", "reason_of"]

PLACE_PATIENCE = 60.0
"""Most seconds until Ray has found room for the first training."""

LATE_PATIENCE = 15.0
"""Most seconds that a search waits for further places when it has one; they may join later."""

LISTEN_SECONDS = 1.0
"""Most seconds without a look at whether the cluster is still there."""

CLOSE_PATIENCE = 5.0
"""Most seconds for trainings to stop by themselves at the end."""


class Fleet:
    """Keeps one actor per place; Ray decides where it is.

    Args:
        shipment: What each actor is given.
        title: The cluster, for a person.
        watch: Tells which nodes there are, and whether the cluster is lost.
        say: Takes the messages of the trainings.
        lost: Told of each training that was lost with its actor, and why.

    Attributes:
        lanes: The actors, and those that were asked for.
    """

    def __init__(
        self,
        shipment: Shipment,
        title: str,
        watch: Watch,
        say: Callable[[Message], None],
        lost: Callable[[Training, str], None],
    ) -> None:
        self.lanes: list[Lane] = []
        self._shipment = shipment
        self._title = title
        self._say = say
        self._tell_lost = lost
        self._watch = watch
        self._seen: Sequence[Node] | None = None
        self._opened = 0
        self._failed = 0

    def open(self) -> None:
        """Ask for actors and wait until trainings can begin.

        Raises:
            UsageError: The cluster has no room.
            TunerError: The engine cannot be made on a node.
        """
        self._grow()
        begun = time.monotonic()
        while not all(lane.is_ready for lane in self.lanes):
            waited = time.monotonic() - begun
            if not any(lane.arrival for lane in self.lanes) and waited > PLACE_PATIENCE:
                raise UsageError(
                    f"There is no room in {self._title}: of its {len(self.lanes)} places none "
                    f"came free within {PLACE_PATIENCE:g} seconds.",
                    "See `ray status` for what uses them.",
                )
            if any(lane.is_ready for lane in self.lanes) and waited > LATE_PATIENCE:
                return
            self._listen(1.0)

    def work(self, timeout: float) -> None:
        """Wait for the result of any call, up to a time, and go on with it.

        Raises:
            TunerError: A training's engine broke down, or nothing is left of the cluster.
        """
        if self._watch.lost:
            raise self._lost(self._watch.lost)
        with self.told_when_lost():
            self._look()
            self._listen(min(timeout, LISTEN_SECONDS))
            self._replace_hanging()

    @contextlib.contextmanager
    def told_when_lost(self) -> Iterator[None]:
        """Turn what Ray raises when a cluster cannot be reached any more into a message.

        Raises:
            StudyError: It cannot.
        """
        try:
            yield
        except (RayError, ConnectionError) as error:
            raise self._lost(reason_of(error)) from error

    def _lost(self, why: str) -> StudyError:
        self._watch.lost = self._watch.lost or why  # whoever leaves it must not wait for it
        return StudyError(
            f"The connection to {self._title} was lost: {why}.",
            "Nothing finished is lost. Run the same command again when the cluster is back, or now "
            "with another engine (--engine in-process, workers): it goes on.",
        )

    def close(self) -> None:
        """Let all trainings stop, and end all actors; those of a lost cluster are left alone."""
        lanes, self.lanes = self.lanes, []
        self._watch.close()
        if self._watch.lost:
            return
        with contextlib.suppress(RayError, ConnectionError):
            ends = [lane.actor.close.remote() for lane in lanes if lane.arrival is not None]
            if ends:
                ray.wait(ends, num_returns=len(ends), timeout=CLOSE_PATIENCE)
        for lane in lanes:
            with contextlib.suppress(RayError, ConnectionError):
                lane.close()

    def _replace_hanging(self) -> None:
        """End actors whose trainings stand still; they begin again elsewhere."""
        for lane in [lane for lane in self.lanes if lane.progress.stands_still]:
            if lane.training is not None:
                lane.training.standstills += 1
            self._lose(lane, f"it ended no step for {lane.progress.silence:.0f} s")

    def _look(self) -> None:
        """Take note of which nodes there are, when the watch has looked again."""
        nodes = self._watch.nodes
        if nodes is None or nodes is self._seen:
            return
        before, self._seen = identities(self._seen or ()), nodes
        if identities(nodes) != before:
            self._failed = 0
        for lane in list(self.lanes):
            if lane.arrival is not None and lane.arrival.node not in identities(nodes):
                self._lose(lane, "its node left the cluster")
        self._grow()

    def _grow(self) -> None:
        """Ask for as many actors as the nodes hold; withdraw requests that outgrow them."""
        nodes = alive() if self._seen is None else self._seen
        wanted = max(1, places(self._shipment.share, nodes) - self._failed)
        surplus = max(0, len(self.lanes) - wanted)
        for lane in [lane for lane in self.lanes if lane.arrival is None][:surplus]:
            self._end(lane)
        while len(self.lanes) < wanted:
            lane = Lane(name=f"place-{self._opened}", shipment=self._shipment, say=self._say)
            self._opened += 1
            self.lanes.append(lane)
            lane.open()

    def _listen(self, timeout: float) -> None:
        awaited = {lane.awaited: lane for lane in self.lanes if lane.awaited is not None}
        if not awaited:
            time.sleep(timeout)
            return
        ray.wait(list(awaited), num_returns=1, timeout=timeout)
        # All that is there: whoever has answered must not be taken for silent.
        done, _ = ray.wait(list(awaited), num_returns=len(awaited), timeout=0)
        for call in done:
            self._go_on(awaited[call], call)

    def _go_on(self, lane: Lane, call: Any) -> None:
        try:
            result = ray.get(call)
        except RayError as error:
            self._lose(lane, reason_of(error))
            self._grow()
            return
        try:
            lane.advance(result)
        except TunerError:
            if lane.is_ready or not any(other.is_ready for other in self.lanes):
                raise
            self._failed += 1  # the engine cannot be made there, but others do
            self._end(lane)

    def _end(self, lane: Lane) -> None:
        self.lanes.remove(lane)
        with contextlib.suppress(RayError):
            lane.close()

    def _lose(self, lane: Lane, reason: str) -> None:
        self._end(lane)
        if not lane.is_ready:
            self._failed += 1
            if self._failed >= MOST_LOSSES and not self.lanes:
                raise StudyError(
                    f"No actor of {self._title} stays alive: {reason}.",
                    "See the logs in /tmp/ray/session_latest/logs on the nodes.",
                )
        if lane.training is not None:
            self._tell_lost(lane.training, f"{lane.name} was lost: {reason}.")


def reason_of(error: Exception) -> str:
    """Return the kind of an error and its first line, without a full stop."""
    lines = str(error).strip().splitlines()
    line = lines[0][:200].rstrip(".") if lines else ""
    return f"{type(error).__name__}: {line}" if line else type(error).__name__
