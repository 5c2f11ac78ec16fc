"""Starting a Ray cluster of this machine alone, where Ray itself does not manage to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.errors import UsageError

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from tuner.engines._ray import own_cluster
from tuner.engines._ray.own_cluster import OwnCluster

SLOW = "error Exception: The current node timed out during startup. This could happen because ..."
FULL = "error OSError: [Errno 28] No space left on device"
ADDRESS = "127.0.0.1:6379"


def answers(monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str) -> list[Path]:
    """Let each start print one of these lines; returns the files that tell of a start."""
    starts = [folder / f"{number}" for number in range(len(lines) + 1)]
    program = (
        "import sys, pathlib\n"
        f"starts = {[str(path) for path in starts]!r}\n"
        f"lines = {list(lines)!r}\n"
        "number = sum(pathlib.Path(path).exists() for path in starts)\n"
        "pathlib.Path(starts[number]).touch()\n"
        "print(lines[number], flush=True)\n"
        "sys.stdin.read()\n"
    )
    monkeypatch.setattr(own_cluster, "_PROGRAM", program)
    return starts


def test_a_start_that_took_too_long_is_tried_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = answers(monkeypatch, tmp_path, SLOW, ADDRESS)
    cluster = OwnCluster()
    assert cluster.address == ADDRESS
    cluster.close()
    assert [path.exists() for path in starts] == [True, True, False]


@pytest.mark.parametrize(("lines", "tried"), [([SLOW, SLOW], 2), ([FULL, ADDRESS], 1)])
def test_other_failures_and_a_second_one_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], tried: int
) -> None:
    starts = answers(monkeypatch, tmp_path, *lines)
    with pytest.raises(UsageError, match=r"could not be started: .*(startup|No space left)"):
        OwnCluster()
    assert sum(path.exists() for path in starts) == tried
