"""Starts two searches on one study in the same instant, many times; see `test_twin_studies.py`.

The parent starts no thread, so that forking it is safe.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.tuner.search.studies import Watcher, make_spec, rising
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import StudyError
from tuner.search import optuna_bridge
from tuner.search.loop import run_search

assert optuna_bridge.__name__  # imported before the first fork

DONE, REFUSED = 0, 3


def twin(directory: Path, gate: int) -> int:
    """Wait at the gate, then search; return DONE, or REFUSED while the other one works."""
    os.read(gate, 1)
    try:
        run_search(make_spec(trials=2), ScriptedEngine(rising), Watcher(), directory)
    except StudyError as error:
        return REFUSED if "Another tuner process" in error.message else 1
    return DONE


def in_child(work: Callable[[], int]) -> int:
    """Run something in a fork; return its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = work()
        finally:
            os._exit(status)
    return child


def race(directory: Path) -> list[int]:
    """Let two searches begin at once on a study that is not there yet; return their exit codes."""
    gate, opened = os.pipe()
    children = [in_child(lambda: twin(directory, gate)) for _ in range(2)]
    os.write(opened, b"..")
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(gate)
    os.close(opened)
    return sorted(codes)


def main(folder: Path, repetitions: int) -> None:
    """Race often and print all exit codes."""
    print(json.dumps([race(folder / str(number)) for number in range(repetitions)]))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
