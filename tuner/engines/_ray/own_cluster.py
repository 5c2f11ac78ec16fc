"""A cluster of this machine alone, held by a process in a session of its own.

What is sent to a whole process group (Ctrl-C, the end of a batch job, `kill -- -GROUP`) would
otherwise end the cluster before the search has saved its epoch. The process that holds the cluster
ends with the search, however that ends, and the cluster ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import warnings
from logging import CRITICAL

from tuner.errors import UsageError

__all__ = ["LOOPBACK", "OwnCluster", "hold"]

LOOPBACK = "127.0.0.1"

OBJECT_STORE = 2**29
"""Bytes of shared memory of the cluster; what does not fit goes to disk."""

CLOSE_PATIENCE = 10.0
"""Most seconds for the cluster to end by itself."""

ATTEMPTS = 2
"""Starts that are tried: Ray gives up after half a minute. A busy machine may need longer,
but then finds its files in memory at the second attempt."""

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tuner.engines._ray.own_cluster import hold; hold()"
)
_WENT_WRONG = "error "
_TOO_SLOW = "timed out during startup"


class OwnCluster:
    """Starts a cluster and keeps it until `close`, or until this process is gone.

    Raises:
        UsageError: Ray cannot start it.

    Attributes:
        address: Where it can be joined.
    """

    def __init__(self) -> None:
        for left in reversed(range(ATTEMPTS)):
            self._holder = _started()
            try:
                self.address = self._heard_address()
            except UsageError as error:
                self.close()
                if left == 0 or _TOO_SLOW not in error.message:
                    raise
            except BaseException:
                self.close()
                raise
            else:
                return

    def close(self) -> None:
        """End the cluster. May be called twice."""
        for stream in (self._holder.stdin, self._holder.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._holder.wait(CLOSE_PATIENCE)
        except subprocess.TimeoutExpired:
            self._holder.kill()  # what it has started ends with it
            self._holder.wait()

    def _heard_address(self) -> str:
        assert self._holder.stdout is not None
        said = self._holder.stdout.readline().strip()
        if said and not said.startswith(_WENT_WRONG):
            return said
        why = said.removeprefix(_WENT_WRONG) or "its process ended"
        raise UsageError(
            f"A Ray cluster of this machine alone could not be started: {why[:500]}.",
            "Try `ray start --head` to see what is wrong, or use --engine workers.",
        )


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def hold() -> None:
    """Start a cluster, print its address, and keep it until the standard input ends."""
    import ray

    warnings.simplefilter("ignore")
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints is not for the search
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            object_store_memory=OBJECT_STORE,
            _node_ip_address=LOOPBACK,
            log_to_driver=False,
            logging_level=CRITICAL,
        )
        said.write(f"{ray.get_runtime_context().gcs_address}\n")
    except Exception as error:  # noqa: BLE001 - told to the search
        said.write(f"{_WENT_WRONG}{type(error).__name__}: {' '.join(str(error).split())}\n")
    said.close()
    sys.stdin.read()
    ray.shutdown()
