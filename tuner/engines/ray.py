"""Trainings on the nodes of a Ray cluster: one actor per place, placed by Ray on free devices.

A Ray cluster trusts whoever reaches its ports: Ray pickles by nature, so anybody who can connect
can run code on every node. Use clusters on networks of your own only, and Ray's tokens
(`RAY_AUTH_MODE=token`). A cluster that is started here (`--address local`) obeys only who knows a
token made for it, since Ray cannot be made to listen on loopback alone. Weights, checkpoints and
models travel as the bytes of their files, never as objects.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from tuner.engine import Engine
from tuner.engine_recipe import EngineRequest
from tuner.errors import UsageError

if TYPE_CHECKING:
    from tuner.engines._ray.engine import RayEngine

__all__ = ["open_engine"]

PIP_LINE = "pip install 'tuner-hpo[ray]'"


def open_engine(request: EngineRequest) -> Engine:
    """Connect to a cluster, or start one here, and take as many places as it offers.

    Args:
        request: `address` is `auto` (the cluster of this machine), `local` (start one here and stop
            it at the end), `ray://host:port` or `host:port`; None takes `auto` where a cluster
            runs, else `local`. `devices` is empty (GPUs where there are any), `cuda` or `cpu`.
            `per_device` trainings share a GPU, or the cores of a node; None chooses: one for each
            core of the smallest node, up to eight, or one per GPU.

    Raises:
        UsageError: Ray is not installed, the cluster cannot be reached or has other versions, or
            there is no such device.
        ModelError: The model cannot be found, read or used on a node.
    """
    if importlib.util.find_spec("ray") is None:
        raise UsageError("`--engine ray` needs Ray, which is not installed here.", PIP_LINE)
    return _open(request)


def _open(request: EngineRequest) -> RayEngine:
    from tuner.engines._ray.connection import LOST, connect
    from tuner.engines._ray.engine import RayEngine
    from tuner.engines._ray.fleet import reason_of
    from tuner.engines._ray.nodes import choose_share
    from tuner.engines._ray.versions import check_versions

    connection = connect(request.address)
    try:
        share = choose_share(request.devices, request.per_device)
        check_versions(share)
        engine = RayEngine(request, connection, share)
    except LOST as error:
        connection.close(is_lost=True)
        raise UsageError(
            f"The connection to {connection.title} was lost: {reason_of(error)}.",
            "See `ray status`, then run the same command again.",
        ) from error
    except BaseException:
        connection.close()
        raise
    engine.open()
    return engine
