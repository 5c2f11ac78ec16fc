"""What a search says to its worker processes goes through channels that nobody else can open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.test_network import needs_proc
from tests.tuner.engines.recipes import rising
from tuner.engine import Job
from tuner.engine_recipe import Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.trial import TrialSpec

LISTENS = 0x10000
SPEC = TrialSpec(learning_rate=5e-5, batch_size=16, epochs=3)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WorkersEngine]:
    """Workers, one of which has just ended an epoch."""
    places = [Place(name=f"worker-{number}") for number in (1, 2)]
    engine = WorkersEngine(ScriptedRecipe(curves=rising), places, folder=tmp_path)
    for number in (0, 1):
        key = f"{number:04d}"
        (tmp_path / key).mkdir()
        engine.start(Job(key=key, spec=SPEC, directory=tmp_path / key))
    assert any(engine.next_message(30) is not None for _ in range(4))
    yield engine
    engine.close()


def descriptors(process: int) -> list[str]:
    """Return what a process has open, its three standard streams left out."""
    found = []
    for path in Path(f"/proc/{process}/fd").iterdir():
        if int(path.name) > 2:
            try:
                found.append(str(path.readlink()))
            except OSError:
                continue
    return found


def sockets_of(process: int) -> set[str]:
    names = (name for name in descriptors(process) if name.startswith("socket:["))
    return {name[8:-1] for name in names}


def unix_sockets() -> dict[str, tuple[int, str]]:
    """Return flags and path of every Unix socket of this machine, by inode."""
    found = {}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split(maxsplit=7)
        found[fields[6]] = int(fields[3], 16), fields[7] if len(fields) > 7 else ""
    return found


@needs_proc
def test_workers_hang_on_nameless_pairs_of_sockets(engine: WorkersEngine) -> None:
    """One without a name, and that does not listen, can be reached by inheritance alone."""
    known = unix_sockets()
    for process in engine.processes:
        inherited = sockets_of(process)
        assert inherited
        for inode in inherited:
            flags, path = known[inode]  # a socket of another family is not in the table
            assert not flags & LISTENS
            assert path == ""


@needs_proc
def test_no_worker_holds_the_channel_of_another(engine: WorkersEngine) -> None:
    """So none can speak in the name of another, or of the search."""
    first, second = map(sockets_of, engine.processes)
    assert not first & second
    ours = sockets_of(os.getpid())
    assert not ours & (first | second)


@needs_proc
def test_the_recipe_lies_in_no_folder(engine: WorkersEngine) -> None:
    """It is pickled, so nobody may be able to replace it."""
    opened = {name for process in engine.processes for name in descriptors(process)}
    files = {name for name in opened if name.startswith("/") and not name.startswith("/dev/")}
    # An interpreter that is just starting reads the files of its installation.
    named = {name for name in files if Path(name).is_file() and not name.startswith(sys.prefix)}
    assert all(name.endswith(".log") for name in named), named
