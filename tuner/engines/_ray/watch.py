"""Whether a Ray cluster is still there, asked beside the search, which must never wait for it.

Ray ends the process that uses it, without a word, when the node that the process has joined is gone
for some seconds, or the head for a minute. So both are knocked at, and the search ends by itself
before that.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tuner.engines._ray.nodes import Node, alive

__all__ = ["Door", "Watch"]

KNOCK_SECONDS = 1.0
"""Seconds between two knocks."""

KNOCK_PATIENCE = 3.0
"""Most seconds for a knock to be answered."""

LOOK_SECONDS = 5.0
"""Seconds between two looks at which nodes there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where somebody must answer while a cluster is there.

    Attributes:
        name: Who, for a person: `the head`.
        address: Host and port.
        patience: Seconds of silence after which it is gone.
    """

    name: str
    address: tuple[str, int]
    patience: float


class Watch:
    """Knocks at doors and asks for the living nodes, in threads of its own, until closed.

    Args:
        doors: Where to knock.
        look: Returns the nodes that are alive; may wait for long.

    Attributes:
        lost: Why the cluster counts as lost, or "".
        nodes: The nodes that were alive at the last look; None before the first.
    """

    def __init__(self, doors: Sequence[Door], look: Callable[[], Sequence[Node]] = alive) -> None:
        self.lost = ""
        self.nodes: Sequence[Node] | None = None
        self._look_at = look
        self._silent: set[Door] = set()
        self._closed = threading.Event()
        for door in doors:
            self._begin(self._knock, door)
        self._begin(self._look)

    def close(self) -> None:
        """Stop looking; a look that waits is left alone."""
        self._closed.set()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True, name="tuner-ray-watch").start()

    def _knock(self, door: Door) -> None:
        answered = time.monotonic()
        while not self._closed.wait(KNOCK_SECONDS) and not self.lost:
            try:
                socket.create_connection(door.address, KNOCK_PATIENCE).close()
                answered = time.monotonic()
                self._silent.discard(door)
            except OSError as error:
                self._silent.add(door)
                silent = time.monotonic() - answered
                if silent >= door.patience:
                    host, port = door.address
                    self.lost = f"{door.name} does not answer at {host}:{port} ({error})"

    def _look(self) -> None:
        while not self._closed.wait(LOOK_SECONDS) and not self.lost:
            if self._silent:
                continue  # who asks now waits until Ray ends the process
            # No news is no error: whoever works notices a loss. What Ray, its client and gRPC raise
            # has no base class in common.
            with contextlib.suppress(Exception):
                self.nodes = self._look_at()
