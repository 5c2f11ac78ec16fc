"""What workers print is kept, but only so much of it, and quoted without harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tuner.engines._workers.log import KEPT_BYTES, MOST_BYTES, WorkerLog


def test_a_file_that_grows_too_large_keeps_its_end(tmp_path: Path) -> None:
    log = WorkerLog(tmp_path / "workers" / "a.log")
    writer = os.dup(log.fileno())
    for _ in range(MOST_BYTES // 64 + 1):
        os.write(writer, b"x" * 63 + b"\n")
    os.write(writer, b"the last words\n")
    log.trim()
    assert (tmp_path / "workers" / "a.log").stat().st_size == KEPT_BYTES
    os.write(writer, b"and one more\n")
    assert log.last_lines(2) == ("the last words", "and one more")
    log.trim()
    assert (tmp_path / "workers" / "a.log").stat().st_size == KEPT_BYTES + 13
    os.close(writer)
    log.close()
    log.close()


def test_only_what_this_worker_said_is_quoted(tmp_path: Path) -> None:
    log = WorkerLog(tmp_path / "a.log")
    os.write(log.fileno(), b"of the worker before\n")
    log.mark()
    assert log.last_lines(5) == ()
    os.write(
        log.fileno(), b"10 %\r20 %\r30 %\n\n\xff\x1b[2J hf_abcdefghijklmnopqrst\n" + b"y" * 1000
    )
    bar, hostile, long = log.last_lines(5)
    assert bar == "30 %"
    assert hostile == "\ufffd\\x1b[2J ***"
    assert len(long) == 300
    log.close()


@pytest.mark.parametrize("trouble", ["a file in the way", "a linked file", "a linked folder"])
def test_a_log_that_cannot_be_made_is_done_without(tmp_path: Path, trouble: str) -> None:
    """Least of all does a log leave the study's folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "worker-1.log").write_text("precious")
    logs = tmp_path / "study" / "workers"
    logs.parent.mkdir()
    if trouble == "a file in the way":
        logs.write_text("")
    elif trouble == "a linked folder":
        logs.symlink_to(outside)
    else:
        logs.mkdir()
        (logs / "worker-1.log").symlink_to(outside / "worker-1.log")
    log = WorkerLog(logs / "worker-1.log")
    assert log.path is None
    os.write(log.fileno(), b"still heard\n")
    assert log.last_lines(1) == ("still heard",)
    log.close()
    assert (outside / "worker-1.log").read_text() == "precious"
