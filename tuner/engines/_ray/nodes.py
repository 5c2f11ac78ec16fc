"""What the nodes of a Ray cluster offer, and what one training takes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray

from tuner.engine_recipe import Place
from tuner.engines._workers.side_by_side import MOST_SIDE_BY_SIDE
from tuner.errors import UsageError

__all__ = ["Node", "Share", "alive", "choose_share", "identities", "places"]

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one training takes of a node.

    Attributes:
        cpus: Cores.
        per_gpu: How many trainings share a GPU; 0 for trainings on the CPU.
        note: How that was chosen, a sentence; empty when the user said so.
    """

    cpus: int
    per_gpu: int = 0
    note: str = ""

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

    Args:
        devices: Devices as the user named them; empty: GPUs where there are any.
        per_device: Trainings that share a GPU, or the cores of a node where trainings are on CPUs;
            None: a training for each core, up to as many as pay; on GPUs one, since how many fit is
            measured on this machine only.

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
    nodes = alive()
    gpus = sum(int(node["Resources"].get("GPU", 0)) for node in nodes)
    if not gpus and "cuda" in asked:
        raise UsageError(
            "`--devices cuda` needs GPUs, but no node of the Ray cluster offers any.",
            "See `ray status`; use `--devices cpu`, or start the nodes with `--num-gpus`.",
        )
    if gpus and "cpu" not in asked:
        return _gpu_share(nodes, per_device)
    return _cpu_share(nodes, per_device)


def _gpu_share(nodes: Sequence[Node], asked: int | None) -> Share:
    per_gpu = asked or 1
    note = "" if asked else "One training per GPU: name a number with --per-device for more."
    share = Share(cpus=1, per_gpu=per_gpu, note=note)
    whole = Share(cpus=0, per_gpu=per_gpu, note=note)
    enough = all(share.count(node) == whole.count(node) for node in nodes)
    return share if enough else whole


def _cpu_share(nodes: Sequence[Node], asked: int | None) -> Share:
    cores = [count for node in nodes if (count := int(node["Resources"].get("CPU", 0)))]
    if not cores:
        raise UsageError(
            "The Ray cluster offers no cores and no GPUs.", "Start nodes with `ray start`."
        )
    per_node = asked or min(*cores, MOST_SIDE_BY_SIDE)
    smallest = _cores(min(cores))
    note = "" if asked else f"{per_node} side by side on a node: the smallest has {smallest}."
    if asked and asked > min(cores):
        note = f"--per-device {asked}: each training takes a core, and a node has {smallest}."
    return Share(cpus=max(1, min(cores) // per_node), note=note)


def _cores(number: int) -> str:
    return f"{number} core{'s' * (number != 1)}"


def alive() -> list[Node]:
    """Return what Ray says of the nodes that are alive."""
    nodes: Sequence[Node] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node for node in nodes if node["Alive"]]


def identities(nodes: Iterable[Node]) -> frozenset[str]:
    """Return the identities of nodes."""
    return frozenset(node["NodeID"] for node in nodes)


def places(share: Share, nodes: Iterable[Node]) -> int:
    """Return how many trainings nodes would hold if nobody else used them."""
    return sum(share.count(node) for node in nodes)
