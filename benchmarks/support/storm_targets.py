"""What can be killed under a search: itself, its workers, a node, its database."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.support.scripted_study import Part
from benchmarks.support.storm import MARK, Strike, Target, marked
from tests.tuner.search.postgresql import PostgresServer, running_server

__all__ = ["TARGETS", "Opening"]

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
SCRIPTED_SECONDS = 0.6
TRAINED_SECONDS = 3.0
OBJECT_STORE = 100_000_000
NODE_CORES = 1
MOST_TRIES = 5

Opening = Callable[[str, Path, str | None], AbstractContextManager[Target]]
"""Opens a target by its name, the study's folder, and the model to be trained (None: scripted)."""


def kill_search(folder: Path, search: int, dice: random.Random) -> bool:
    """Kill the process that searches."""
    return _killed(search)


def kill_worker(folder: Path, search: int, dice: random.Random) -> bool:
    """Kill one of the processes that the search has started."""
    workers = [process for process in marked(folder) if process != search]
    return bool(workers) and _killed(dice.choice(workers))


def _killed(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _here(engine: str, strike: Strike, *, ends_search: bool) -> Opening:
    """Return a target on this machine, which needs nothing beside the search."""

    @contextmanager
    def opened(name: str, folder: Path, model: str | None) -> Iterator[Target]:
        yield Target(
            name=name,
            part=_part(engine=engine, model=model, workers=WORKERS),
            strike=strike,
            ends_search=ends_search,
            longest=TRAINED_SECONDS if model else SCRIPTED_SECONDS,
        )

    return opened


def _part(**what: Any) -> Part:
    return Part(folder="", trials=0, **what)


@contextmanager
def _ray_node(name: str, folder: Path, model: str | None) -> Iterator[Target]:
    """Start a cluster of two nodes; the second one's raylet is killed, and another node joins."""
    from ray.cluster_utils import Cluster

    os.environ.update({MARK: str(folder), "PYTHONPATH": str(ROOT)})
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    node: dict[str, Any] = {"num_cpus": NODE_CORES, "object_store_memory": OBJECT_STORE}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    nodes = [_joined(cluster, node)]

    def strike(folder: Path, search: int, dice: random.Random) -> bool:
        lost = nodes.pop()
        (raylet,) = lost.all_processes["raylet"]
        killed = _killed(raylet.process.pid)
        cluster.remove_node(lost, allow_graceful=False)
        nodes.append(_joined(cluster, node))
        return killed

    try:
        yield Target(
            name=name,
            part=_part(engine="ray", address=cluster.address, model=model, epoch_seconds=0.5),
            strike=strike,
            title="ray::Trainer",
            longest=TRAINED_SECONDS,
        )
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
        del os.environ[MARK]


def _joined(cluster: Any, node: dict[str, Any]) -> Any:
    """Add a node; on a busy machine Ray may give up on one that is slow to start."""
    for _ in range(MOST_TRIES):
        with contextlib.suppress(Exception):
            return cluster.add_node(**node)
    raise SystemExit(f"no node of the cluster started in {MOST_TRIES} tries")


def _on_database(strike: Callable[[PostgresServer, random.Random], bool]) -> Opening:
    """Return a target on a server of its own, through which two processes share the study."""

    @contextmanager
    def opened(name: str, folder: Path, model: str | None) -> Iterator[Target]:
        with running_server() as server:
            yield Target(
                name=name,
                part=_part(storage=server.create_database("storm"), model=model, epoch_seconds=0.1),
                strike=lambda folder, search, dice: strike(server, dice),
                processes=2,
            )

    return opened


def _kill_connection(server: PostgresServer, dice: random.Random) -> bool:
    """Kill the server's process behind a session; the server then cuts all others off."""
    sessions = server.sessions()
    return bool(sessions) and _killed(dice.choice(sessions))


def _kill_server(server: PostgresServer, dice: random.Random) -> bool:
    """Kill the server, and start it again as its service would."""
    server.kill()
    server.start_again()
    return True


TARGETS: Mapping[str, Opening] = MappingProxyType(
    {
        "loop": _here("loop", kill_search, ends_search=True),
        "workers": _here("workers", kill_worker, ends_search=False),
        "loop over workers": _here("workers", kill_search, ends_search=True),
        "ray node": _ray_node,
        "database connection": _on_database(_kill_connection),
        "database server": _on_database(_kill_server),
    }
)
"""What can be killed, by name."""
