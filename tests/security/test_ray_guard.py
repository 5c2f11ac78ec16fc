"""A Ray cluster that a search starts here speaks with nobody who does not know its token."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tuner.engines._ray.lock import VARIABLES, LocalLock
from tuner.engines._ray.own_cluster import OwnCluster

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="the extra ray is not installed"
)

STRANGER = """
import sys
from ray._raylet import GcsClient
try:
    nodes = GcsClient(address=sys.argv[1]).get_all_node_info(timeout=20)
except Exception as error:
    print("REFUSED", type(error).__name__, str(error)[:300])
else:
    print("LET IN", len(nodes))
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a cluster can be joined that was started as a search starts it."""
    lock = LocalLock()
    try:
        cluster = OwnCluster()
        yield cluster.address
        cluster.close()
    finally:
        lock.open()


def told(address: str, **changed: str) -> str:
    """Let another process of this machine ask the cluster for its nodes."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, address],
        env={**environment, **changed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_search_itself_is_let_in(address: str) -> None:
    """Without this the tests below could pass for the wrong reason."""
    assert "LET IN 1" in told(address, **{name: os.environ[name] for name in VARIABLES})


@pytest.mark.parametrize("token", [None, "0" * 64])
def test_a_stranger_is_refused(address: str, token: str | None) -> None:
    without = {"RAY_AUTH_MODE": "disabled"}
    wrong = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token or ""}
    said = told(address, **(without if token is None else wrong))
    assert "LET IN" not in said
    assert "REFUSED" in said, said
    assert "uthenticat" in said or "token" in said.lower(), said
    assert os.environ["RAY_AUTH_TOKEN"] not in said
