"""What the nodes of a Ray cluster offer, and whether they have the versions of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from tuner.engine_recipe import Place
from tuner.errors import UsageError

__all__ = ["Share", "alive_nodes", "check_versions", "choose_share", "places"]

COMPARED = ("ray", "tuner-hpo", "torch", "transformers")
"""Packages that must be the same everywhere: messages, weights and results depend on them."""

PATIENCE = 60.0
"""Most seconds for a node to start a process and tell its versions."""

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one training takes of a node.

    Attributes:
        cpus: Cores.
        per_gpu: How many trainings share a GPU; 0 for trainings on the CPU.
    """

    cpus: int
    per_gpu: int = 0

    @property
    def resources(self) -> dict[str, float]:
        """The same in Ray's words."""
        gpus = 1 / self.per_gpu if self.per_gpu else 0
        return {"num_cpus": self.cpus, "num_gpus": gpus}

    def place(self, name: str) -> Place:
        """Return the place for an inner engine; Ray shows an actor its own GPU only."""
        if self.per_gpu:
            return Place(name=name, device="cuda", memory_share=1 / self.per_gpu)
        return Place(name=name, device="cpu", threads=self.cpus)

    def count(self, node: Node) -> int:
        """Return how many trainings fit on a node that has nothing else to do."""
        offered = node["Resources"]
        by_gpu = int(offered.get("GPU", 0)) * self.per_gpu
        by_cpu = int(offered.get("CPU", 0)) // self.cpus if self.cpus else by_gpu
        return min(by_gpu, by_cpu) if self.per_gpu else by_cpu


def choose_share(devices: Sequence[str], per_device: int | None) -> Share:
    """Choose what a training takes, from what the user asked for and what the cluster has.

    On GPUs it takes its share of one, and a core where there are enough. On CPUs all nodes get the
    same number of cores per training: that of the smallest node, divided by `per_device`.

    Raises:
        UsageError: There is no such device in the cluster.
    """
    if per_device is not None and per_device < 1:
        raise UsageError(
            f"`--per-device` must be 1 or more, but got {per_device}.",
            "Leave it out for one training per device.",
        )
    asked = {name.lower() for name in devices} - {"all"}
    if not asked <= {"cuda"} and not asked <= {"cpu"}:
        raise UsageError(
            f"With `--engine ray`, `--devices` must be cuda or cpu, but got {','.join(devices)}: "
            "which of them trains is up to Ray.",
            "To keep a GPU out of it, hide it with CUDA_VISIBLE_DEVICES before `ray start`.",
        )
    alive = _alive()
    gpus = sum(int(node["Resources"].get("GPU", 0)) for node in alive)
    if not gpus and ("cuda" in asked or (not asked and per_device not in (None, 1))):
        wish = "--devices cuda" if asked else f"--per-device {per_device}"
        raise UsageError(
            f"`{wish}` needs GPUs, but no node of the Ray cluster offers any.",
            "See `ray status`; use `--devices cpu`, or start the nodes with `--num-gpus`.",
        )
    if gpus and "cpu" not in asked:
        return _gpu_share(alive, per_device or 1)
    return _cpu_share(alive, per_device or 1)


def _gpu_share(nodes: Sequence[Node], per_gpu: int) -> Share:
    share = Share(cpus=1, per_gpu=per_gpu)
    whole = Share(cpus=0, per_gpu=per_gpu)
    enough = all(share.count(node) == whole.count(node) for node in nodes)
    return share if enough else whole


def _cpu_share(nodes: Sequence[Node], per_node: int) -> Share:
    cores = [int(node["Resources"].get("CPU", 0)) for node in nodes]
    if not any(cores):
        raise UsageError(
            "The Ray cluster offers no cores and no GPUs.", "Start nodes with `ray start`."
        )
    return Share(cpus=max(1, min(count for count in cores if count) // per_node))


def _alive() -> list[Node]:
    nodes: Sequence[Node] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node for node in nodes if node["Alive"]]


def alive_nodes() -> frozenset[str]:
    """Return the identities of the nodes that are alive."""
    return frozenset(node["NodeID"] for node in _alive())


def places(share: Share) -> int:
    """Return how many trainings the nodes that are alive would hold if nobody else used them."""
    return sum(share.count(node) for node in _alive())


def check_versions(share: Share) -> None:
    """Ask each node that can train for its versions.

    Raises:
        UsageError: A node has others than this process, or does not answer.
    """
    here = _make_teller()(COMPARED)
    asked = {_title(node): _ask(node["NodeID"]) for node in _alive() if share.count(node)}
    _, silent = ray.wait(list(asked.values()), num_returns=len(asked), timeout=PATIENCE)
    for title, answer in asked.items():
        if answer in silent:
            raise UsageError(
                f"The node {title} of the Ray cluster did not start a process within "
                f"{PATIENCE:g} seconds.",
                "See `ray status`, and the logs in /tmp/ray/session_latest/logs on that node.",
            )
        compare_versions(title, here, ray.get(answer))


def compare_versions(title: str, here: Mapping[str, str], there: Mapping[str, str]) -> None:
    """Refuse a node whose versions differ; what follows a `+` (the build) does not count.

    Raises:
        UsageError: They differ.
    """
    unlike = [name for name in here if _public(here[name]) != _public(there.get(name, ""))]
    if unlike:
        listed = "; ".join(
            f"{name} {there.get(name) or 'is not installed'} there, {here[name]} here"
            for name in unlike
        )
        raise UsageError(
            f"The node {title} of the Ray cluster must have the versions of this machine, but: "
            f"{listed}.",
            "Install the same versions on all nodes, then restart Ray there.",
        )


def _public(version: str) -> str:
    return version.partition("+")[0]


def _title(node: Node) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def _ask(node_id: str) -> Any:
    where = NodeAffinitySchedulingStrategy(node_id, soft=False)
    task: Any = ray.remote(_make_teller())
    return task.options(num_cpus=0, scheduling_strategy=where, max_retries=0).remote(COMPARED)


def _make_teller() -> Callable[[Sequence[str]], Mapping[str, str]]:
    """Return a function that Ray sends as a whole, so that it runs where `tuner` is missing."""

    def tell(names: Sequence[str]) -> dict[str, str]:
        import platform
        from importlib import metadata

        versions = {"python": ".".join(platform.python_version_tuple()[:2])}
        for name in names:
            try:
                versions[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                versions[name] = ""
        return versions

    return tell
