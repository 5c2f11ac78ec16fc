"""Who works on a study: nobody twice, and whoever only looks keeps nobody out."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from tuner.errors import StudyError
from tuner.search.folder import StudyFolder
from tuner.search.locks import is_free


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    folder = StudyFolder(tmp_path / "demo")
    folder.create()
    return folder


@pytest.mark.parametrize("how", ["alone", "beside others"])
def test_somebody_who_looks_keeps_nobody_out(folder: StudyFolder, how: str) -> None:
    """A look holds the lock for a moment; a search that starts just then must not be refused."""
    path = folder.path / "lock"
    looking = path.open("a")
    fcntl.flock(looking.fileno(), fcntl.LOCK_EX)
    threading.Timer(0.1, looking.close).start()
    with folder.lock() if how == "alone" else folder.shared_lock("a1"):
        assert looking.closed
        assert folder.is_locked
    assert not folder.is_locked


def test_many_looks_keep_nobody_out(folder: StudyFolder) -> None:
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            assert folder.is_locked in (True, False)
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(20):
            with folder.lock():
                pass
    finally:
        done.set()
        watcher.join()


def test_the_second_loop_is_told_who_works_there(folder: StudyFolder) -> None:
    with folder.lock():
        with pytest.raises(StudyError, match=f"process {os.getpid()}") as caught, folder.lock():
            pass
        assert "Wait for it, stop it" in caught.value.hint
        with pytest.raises(StudyError, match="without this storage"), folder.shared_lock("a1"):
            pass
        assert not list(folder.path.glob("processes/*.lock"))
    refused = pytest.raises(StudyError, match="Another tuner process")
    with folder.shared_lock("a1"), folder.shared_lock("a2"), refused, folder.lock():
        pass
    with folder.lock():
        pass


def test_a_process_is_gone_when_its_lock_is_free(folder: StudyFolder) -> None:
    with folder.shared_lock("a1"):
        assert not is_free(folder.path, "a1")
    assert not is_free(folder.path, "a1"), "it left in order: nobody can know"
    (folder.path / "processes" / "a2.lock").touch()
    assert is_free(folder.path, "a2")


@pytest.mark.parametrize("name", ["../lock", "/etc/hostname", "a/b", "", "a\0b", "..", "a.b"])
def test_names_from_the_database_lead_nowhere(folder: StudyFolder, name: str) -> None:
    (folder.path / "processes").mkdir()
    (folder.path / "lock.lock").touch()
    assert not is_free(folder.path, name)
    assert not is_free(Path("/proc/\0"), "a1")


def test_pipes_and_links_are_not_waited_for(folder: StudyFolder) -> None:
    (folder.path / "processes").mkdir()
    os.mkfifo(folder.path / "processes" / "a1.lock")
    (folder.path / "elsewhere").touch()
    (folder.path / "processes" / "a2.lock").symlink_to(folder.path / "elsewhere")
    ended: list[bool] = []
    asked = threading.Thread(target=lambda: ended.append(is_free(folder.path, "a1")), daemon=True)
    asked.start()
    asked.join(20)
    assert ended, "it waits for somebody to write into the pipe"
    assert not is_free(folder.path, "a2")
