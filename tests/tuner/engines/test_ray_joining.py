"""Joining a Ray cluster from outside of it, where its door is slow to open or stays shut."""

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


def answer(monkeypatch: pytest.MonkeyPatch, *errors: Exception | None) -> list[str]:
    """Let each try to join end in one of these; returns the addresses that were tried."""
    tried: list[str] = []

    def init(*, address: str, **options: object) -> None:
        tried.append(address)
        if error := errors[len(tried) - 1]:
            raise error

    monkeypatch.setattr("ray.init", init)
    monkeypatch.setattr("ray.shutdown", lambda: None)
    return tried


def test_a_door_that_was_too_slow_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = answer(monkeypatch, ConnectionAbortedError(SENT), None)
    assert connection._join(ADDRESS).title == f"the Ray cluster at {ADDRESS}"
    assert tried == [ADDRESS] * 2


def test_a_second_failure_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray sends the traceback of its own process along, which tells a user nothing."""
    tried = answer(monkeypatch, *[ConnectionAbortedError(SENT)] * 2)
    with pytest.raises(UsageError) as caught:
        connection._join(ADDRESS)
    assert len(tried) == 2
    assert "cannot be used: RuntimeError: Starting Ray client server failed." in str(caught.value)
    assert "Traceback" not in str(caught.value) and "\n" not in caught.value.message


def test_other_failures_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = answer(monkeypatch, RuntimeError("Version mismatch"))
    with pytest.raises(UsageError, match="cannot be used: RuntimeError: Version mismatch"):
        connection._join(ADDRESS)
    assert len(tried) == 1
