"""What a command writes is whole or not there, and a device stays a device."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tuner.commands._files import write_file
from tuner.errors import UsageError


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("before", encoding="utf-8")
    write_file(path, "after\n")
    assert path.read_bytes() == b"after\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(
        target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True
    )
    reader.start()
    write_file(pipe, "report\n")
    reader.join(10)
    assert read == ["report\n"]


def test_a_device_takes_the_text(tmp_path: Path) -> None:
    link = tmp_path / "out"
    link.symlink_to(os.devnull)
    write_file(link, "report\n")
    assert link.is_symlink()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        write_file(tmp_path, "text")
