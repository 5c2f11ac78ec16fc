"""Whether the nodes of a Ray cluster have the versions of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ray
from ray.exceptions import NodeDiedError, RayError, TaskUnschedulableError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from tuner.engines._ray.nodes import Node, Share, alive
from tuner.errors import UsageError

__all__ = ["check_versions", "compare_versions"]

COMPARED = ("ray", "tuner-hpo", "torch", "transformers")
"""Packages that must be the same everywhere: messages, weights and results depend on them."""

PATIENCE = 60.0
"""Most seconds for a node to start a process and tell its versions."""

LEFT = (TaskUnschedulableError, NodeDiedError)
"""What Ray says when a node is gone that it has just counted among the living."""


def check_versions(share: Share) -> None:
    """Ask each node that can train for its versions; one that leaves meanwhile is left out.

    Raises:
        UsageError: A node has others than this process, or does not answer.
    """
    here = _make_teller()(COMPARED)
    asked = [(_title(node), _ask(node["NodeID"])) for node in alive() if share.count(node)]
    answers = [answer for _, answer in asked]
    _, silent = ray.wait(answers, num_returns=len(answers), timeout=PATIENCE)
    for title, answer in asked:
        if answer in silent:
            raise _unusable(title, f"did not start a process within {PATIENCE:g} seconds")
        try:
            compare_versions(title, here, ray.get(answer))
        except LEFT:
            continue
        except RayError as error:
            raise _unusable(title, f"could not run a process ({type(error).__name__})") from error


def _unusable(title: str, what: str) -> UsageError:
    return UsageError(
        f"The node {title} of the Ray cluster {what}.",
        "See `ray status`, and the logs in /tmp/ray/session_latest/logs on that node.",
    )


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
