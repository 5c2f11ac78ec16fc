"""Joining a Ray cluster from outside of it, where its door stays shut."""

from __future__ import annotations

import pytest

from tuner.errors import UsageError

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from tuner.engines._ray import connection

ADDRESS = "ray://127.0.0.1:10001"
SENT = (
    "Initialization failure from server:\n"
    "Traceback (most recent call last):\n"
    '  File "proxier.py", line 772, in Datapath\n'
    "    raise RuntimeError(\n"
    "RuntimeError: Starting Ray client server failed. See ray_client_server_23001.err.\n\n"
)


def join(monkeypatch: pytest.MonkeyPatch, error: Exception) -> UsageError:
    """Join where Ray raises this, and return what a user is told."""

    def init(**options: object) -> None:
        raise error

    monkeypatch.setattr("ray.init", init)
    monkeypatch.setattr("ray.shutdown", lambda: None)
    with pytest.raises(UsageError) as caught:
        connection._join(ADDRESS)
    return caught.value


def test_a_door_that_stays_shut_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray sends the traceback of its own process along, which tells a user nothing."""
    told = join(monkeypatch, ConnectionAbortedError(SENT))
    assert "cannot be used: RuntimeError: Starting Ray client server failed." in told.message
    assert told.message.endswith("start the head with GRPC_ENABLE_FORK_SUPPORT=0.")
    assert "Traceback" not in told.message and "\n" not in told.message


def test_of_another_traceback_the_last_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = join(
        monkeypatch, ConnectionAbortedError("Traceback (...):\n  at\nValueError: bad env\n")
    )
    assert "cannot be used: ValueError: bad env." in told.message


def test_what_ray_says_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = join(monkeypatch, RuntimeError("Version mismatch"))
    assert "cannot be used: RuntimeError: Version mismatch." in told.message
