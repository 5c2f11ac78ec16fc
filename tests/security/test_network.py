"""Nothing listens: no socket that others could connect to is opened by a search."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.study_view import StudySnapshot

pytestmark = pytest.mark.long

LISTENING = "0A"
TABLES = ("tcp", "tcp6")
REPOSITORY = Path(__file__).parents[2]
WORKERS = """
import sys, threading, time
from pathlib import Path
from tests.security.test_network import listening_of
import tuner
seen = set()
def watch():
    while True:
        seen.update(listening_of())
        time.sleep(0.05)
if __name__ == "__main__":
    threading.Thread(target=watch, daemon=True).start()
    tuner.search(
        sys.argv[1], model=sys.argv[2], trials=2, confirm=0, runs_dir=sys.argv[3], device="cpu",
        engine="workers", per_device=2, space=sys.argv[4],
    )
    print("LISTENING", sorted(seen))
"""


def listening_of(root: int | None = None) -> set[str]:
    """Return the inodes of sockets that a process or its children listen on."""
    return _listening() & _sockets(_family(os.getpid() if root is None else root))


def _listening() -> set[str]:
    found = set()
    for table in TABLES:
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING:
                found.add(fields[9])
    return found


def _family(root: int) -> set[int]:
    family, found = set(), {root}
    while found:
        family |= found
        found = {child for parent in found for child in _children(parent)} - family
    return family


def _children(parent: int) -> set[int]:
    children: set[int] = set()
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            children |= {int(word) for word in path.read_text().split()}
        except OSError:  # it has just ended
            continue
    return children


def _sockets(processes: set[int]) -> set[str]:
    found = set()
    for process in processes:
        for path in Path(f"/proc/{process}/fd").glob("*"):
            try:
                target = str(path.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")


@needs_proc
def test_listening_sockets_are_seen() -> None:
    """Without this the tests below could pass for the wrong reason."""
    import socket

    assert listening_of() == set()
    with socket.create_server(("127.0.0.1", 0)):
        assert len(listening_of()) == 1


@needs_proc
def test_a_search_listens_on_nothing(tmp_path: Path) -> None:
    seen: set[str] = set()

    def look(snapshot: StudySnapshot, note: str) -> None:
        seen.update(listening_of())

    search(tmp_path / "demo", make_spec(trials=2), observer=Watcher(look))
    assert seen == set()


@needs_proc
def test_workers_listen_on_nothing(easy_data: Path, tiny_model: Path, tmp_path: Path) -> None:
    from tests.tuner.trainings import write_study_file

    script = tmp_path / "watched_workers.py"
    script.write_text(WORKERS)
    words = [easy_data, tiny_model, tmp_path / "runs", write_study_file(tmp_path)]
    done = subprocess.run(
        [sys.executable, str(script), *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "LISTENING []" in done.stdout
