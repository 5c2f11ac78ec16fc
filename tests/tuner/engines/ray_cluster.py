"""A real Ray cluster of two nodes on this machine, and curves that its nodes can import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tuner.trial import TrialSpec

STORE = 100_000_000
ROOT = Path(__file__).parents[3]


def rising(spec: TrialSpec) -> list[float]:
    """Return a better F1 with every epoch."""
    return [0.5 + 0.1 * epoch for epoch in range(spec.epochs)]


@contextmanager
def cluster_of_two(cache: Path, **head_options: Any) -> Iterator[Any]:
    """Start two nodes with a core each, which keep models in `cache`, and join neither."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # other tests would starve the trainings
        patch.setenv("XDG_CACHE_HOME", str(cache))
        head = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
        head |= head_options
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.add_node(num_cpus=1, object_store_memory=STORE)
        try:
            yield cluster
        finally:
            cluster.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def two_nodes(cache: Path) -> Iterator[Any]:
    """Start two nodes and join them."""
    import ray

    with cluster_of_two(cache) as cluster:
        ray.init(address=cluster.address, log_to_driver=False, logging_level=50)
        try:
            yield cluster
        finally:
            ray.shutdown()
