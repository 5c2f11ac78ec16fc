"""The way to a Ray cluster: tried in a bounded time, joined quietly, left without a trace."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import ray
import ray.util.client
from ray.exceptions import RayError

from tuner.engines._ray.address import knock, probe, unreachable
from tuner.engines._ray.lock import LocalLock
from tuner.engines._ray.nodes import alive
from tuner.engines._ray.own_cluster import LOOPBACK, OwnCluster
from tuner.engines._ray.watch import Door

__all__ = ["LOST", "Connection", "connect"]

LOST = (RayError, ConnectionError)
"""What Ray raises when a cluster cannot be reached any more."""

HEAD_PATIENCE, NODE_PATIENCE = 30.0, 3.0
"""Seconds of silence after which the head, and the node that this process has joined, count as
lost. Ray itself ends the process after about 60 and 10 seconds."""

SAME_PRIORITY = ("RAY_worker_niceness", "0")
"""Environment variable of Ray, and the value with which trainings have the priority of the search.
Ray would add 15 to the niceness, so that they all but stand still on a machine that is shared."""

LEAVE_PATIENCE = 5.0
"""Most seconds for leaving a cluster that is lost."""

LOST_CODE = 2
"""Exit code of a process whose cluster was lost: that of every other error."""

CLIENT_LOGGERS = ("ray.util.client", "ray.util.client.logsclient")
"""What Ray's client says of a connection that breaks off; the second has a level of its own."""

NO_DOOR = "Starting Ray client server failed"
"""What Ray says where the process that its head starts for each client did not come up."""

QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}


@dataclass(slots=True)
class Connection:
    """A cluster that this process has joined.

    Attributes:
        title: The cluster, for a person: `the Ray cluster at 10.0.0.1:6379`.
        owned: Whether this process joined it, and so leaves it (and stops it, if started here).
        doors: Where somebody must answer while the cluster is there.
        lock: What keeps strangers out of one that was started here.
        cluster: The cluster, if started here.
    """

    title: str
    owned: bool
    doors: tuple[Door, ...] = ()
    lock: LocalLock | None = None
    cluster: OwnCluster | None = None

    def close(self, *, is_lost: bool = False) -> None:
        """Leave the cluster; one that was started here stops. May be called twice.

        Args:
            is_lost: Whether it is gone, so that leaving it may take forever.
        """
        if not self.owned:
            return
        self.owned = False
        leaving = threading.Thread(target=_leave, daemon=True)
        leaving.start()
        leaving.join(LEAVE_PATIENCE if is_lost else None)
        if leaving.is_alive():
            atexit.unregister(ray.shutdown)
            atexit.register(_end_at_once)
        if self.cluster is not None:
            self.cluster.close()
        if self.lock is not None:
            self.lock.open()


def connect(address: str | None) -> Connection:
    """Join a cluster; see `tuner.engines.ray.open_engine` for the addresses.

    A process that has joined one already, by its own `ray.init`, uses that.

    Raises:
        UsageError: There is no such cluster, or it cannot be used from here.
    """
    if ray.is_initialized():
        title = "the Ray cluster that this process has joined"
        return Connection(title=title, owned=False, doors=() if _by_proxy() else _doors())
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
    cluster: OwnCluster | None = None
    try:
        with _without_warnings():
            cluster = OwnCluster()
        joined = _join(cluster.address, _node_ip_address=LOOPBACK)
    except BaseException:
        if cluster is not None:
            cluster.close()
        lock.open()
        raise
    title = "a Ray cluster of this machine alone"
    return replace(joined, title=title, lock=lock, cluster=cluster)


def _join(address: str, **further: Any) -> Connection:
    try:
        with _without_warnings(), _signals_kept():
            ray.init(address=address, **QUIET, **further)
            doors = () if "://" in address else _doors()
    except Exception as error:
        ray.shutdown()
        raise unreachable(address, _reason(error)) from error
    _mute()
    return Connection(title=f"the Ray cluster at {address}", owned=True, doors=doors)


def _reason(error: Exception) -> str:
    """Say what Ray said; of a traceback that it sends along, the last line."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if not any(line.startswith("Traceback") for line in lines):
        return f"{type(error).__name__}: {error}"
    if NO_DOOR in lines[-1]:
        # The head forks a process for each client while it speaks gRPC, which crashes some of them;
        # seen with Ray 2.60: "epoll_wait error: Bad file descriptor" in the file that Ray names.
        return f"{lines[-1]} Try again, or start the head with GRPC_ENABLE_FORK_SUPPORT=0"
    return lines[-1]


def _doors() -> tuple[Door, ...]:
    """Return where the head of the cluster and the node of this process answer."""
    context = ray.get_runtime_context()
    host, _, port = str(context.gcs_address).rpartition(":")
    doors = [Door(name="its head", address=(host.strip("[]"), int(port)), patience=HEAD_PATIENCE)]
    for node in alive():
        if node["NodeID"] == context.get_node_id():
            address = (node["NodeManagerAddress"], int(node["NodeManagerPort"]))
            doors.append(Door(name="the node", address=address, patience=NODE_PATIENCE))
    return tuple(doors)


def _by_proxy() -> bool:
    """Whether this process speaks to the cluster through Ray's client, from outside of it."""
    client: Any = ray.util.client.ray
    return bool(client.is_connected())


def _end_at_once() -> None:
    """End the process with the code of an error, which Ray's own clean-up would turn into a crash.

    It waits for the head of a cluster that is lost.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(LOST_CODE)


def _leave() -> None:
    with _without_warnings():
        ray.shutdown()


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
    for name in CLIENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    worker: Any = sys.modules.get("ray._private.worker")
    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = _say_nothing


def _say_nothing(*_: object, **__: object) -> None:
    pass
