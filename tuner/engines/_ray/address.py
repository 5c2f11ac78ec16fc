"""Addresses of Ray clusters, and whether anybody answers there, found out in a bounded time."""

from __future__ import annotations

import socket
import subprocess
import sys
from urllib.parse import urlsplit

from tuner.errors import UsageError

__all__ = ["knock", "probe", "unreachable"]

PATIENCE = 60.0
"""Most seconds to wait for a cluster to answer."""

KNOCK_PATIENCE = 5.0
"""Most seconds to wait for its port to accept a connection."""

# Ray waits for minutes where nobody answers, and its core may end the process that asks. So the
# question is put by a process that can be given up.
PROBE = """
import sys, ray
try:
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="CRITICAL")
    print("address", ray.get_runtime_context().gcs_address)
except Exception as error:
    print("error", type(error).__name__ + ":", " ".join(str(error).split()))
    sys.exit(1)
"""


def knock(address: str) -> None:
    """See whether anybody listens at `host:port`; `auto` and other names are left to Ray."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _not_an_address(address) from error
    if address == "auto":
        return
    if not host or port is None or parts.scheme not in ("", "ray"):
        raise _not_an_address(address)
    try:
        socket.create_connection((host, port), timeout=KNOCK_PATIENCE).close()
    except OSError as error:
        raise unreachable(address, f"nobody accepts connections there ({error})") from error


def probe(address: str) -> tuple[str, str]:
    """Return the address under which the cluster knows itself, or "" and why there is none."""
    command = [sys.executable, "-c", PROBE, address]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return "", f"no Ray cluster answered within {PATIENCE:g} seconds"
    answers = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    if done.returncode == 0 and "address" in answers:
        return answers["address"], ""
    return "", answers.get("error", f"Ray gave up with exit code {done.returncode}")


def _not_an_address(address: str) -> UsageError:
    return UsageError(
        f"`--address` must be auto, local, ray://host:port or host:port, but got {address!r}.",
        "`ray start --head` prints the address of a cluster.",
    )


def unreachable(address: str, reason: str) -> UsageError:
    status = address.removeprefix("ray://") if address != "auto" else "auto"
    if address.startswith("ray://"):
        status = f"{status.rpartition(':')[0]}:6379"
    return UsageError(
        f"The Ray cluster `--address {address}` cannot be used: {reason[:500].rstrip('.')}.",
        f"Test it with `ray status --address={status}`; start one with `ray start --head`, or use "
        "`--address local`.",
    )
