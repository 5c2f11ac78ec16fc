"""The way to a Ray cluster: tried in a bounded time, joined quietly, left without a trace."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray

from tuner.engines._ray.address import knock, probe, unreachable
from tuner.engines._ray.lock import LocalLock

__all__ = ["Connection", "connect"]

LOCAL_OBJECT_STORE = 2**29
"""Bytes of shared memory for a cluster that is started here; what does not fit goes to disk."""

SAME_PRIORITY = ("RAY_worker_niceness", "0")
"""Environment variable of Ray, and the value with which trainings have the priority of the search.
Ray would add 15 to the niceness, so that they all but stand still on a machine that is shared."""

QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}


@dataclass(slots=True)
class Connection:
    """A cluster that this process has joined.

    Attributes:
        title: The cluster, for a person: `the Ray cluster at 10.0.0.1:6379`.
        owned: Whether this process joined it, and so leaves it (and stops it, if started here).
        lock: What keeps strangers out of one that was started here.
    """

    title: str
    owned: bool
    lock: LocalLock | None = None

    def close(self) -> None:
        """Leave the cluster; one that was started here stops. May be called twice."""
        if not self.owned:
            return
        self.owned = False
        with _without_warnings():
            ray.shutdown()
        if self.lock is not None:
            self.lock.open()


def connect(address: str | None) -> Connection:
    """Join a cluster; see `tuner.engines.ray.open_engine` for the addresses.

    A process that has joined one already, by its own `ray.init`, uses that.

    Raises:
        UsageError: There is no such cluster, or it cannot be used from here.
    """
    if ray.is_initialized():
        return Connection(title="the Ray cluster that this process has joined", owned=False)
    if address == "local":
        return _start_here()
    if address is None:
        found, _ = probe("auto")
        return _join(found) if found else _start_here()
    knock(address)
    found, reason = probe(address)
    if not found:
        raise unreachable(address, reason)
    return _join(address if "://" in address else found)


def _start_here() -> Connection:
    lock = LocalLock()
    os.environ.setdefault(*SAME_PRIORITY)
    try:
        with _without_warnings(), _signals_kept():
            ray.init(
                address="local",
                include_dashboard=False,
                object_store_memory=LOCAL_OBJECT_STORE,
                _node_ip_address="127.0.0.1",
                **QUIET,
            )
    except BaseException:
        lock.open()
        raise
    _mute()
    return Connection(title="a Ray cluster of this machine alone", owned=True, lock=lock)


def _join(address: str) -> Connection:
    try:
        with _without_warnings(), _signals_kept():
            ray.init(address=address, **QUIET)
    except Exception as error:
        ray.shutdown()
        raise unreachable(address, f"{type(error).__name__}: {error}") from error
    _mute()
    return Connection(title=f"the Ray cluster at {address}", owned=True)


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Ray's advice to its own developers, and files that it leaves to be collected, quiet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        yield


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo that Ray takes over the signal that asks a process to end."""
    try:
        handler = signal.getsignal(signal.SIGTERM)
        yield
    finally:
        with contextlib.suppress(ValueError):  # not in the main thread, where Ray sets none either
            signal.signal(signal.SIGTERM, handler)


def _mute() -> None:
    """Keep the cluster's own error messages off the display; losses are told by the engine."""
    worker: Any = sys.modules.get("ray._private.worker")
    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = _say_nothing


def _say_nothing(*_: object, **__: object) -> None:
    pass
