"""Runs a scripted study that is killed again and again; a script of its own, see `test_crash.py`.

Each session is a fork that the parent kills with SIGKILL after a random time, counted half of the
times from the fork and half from the first sign of progress. The parent starts no thread, so that
forking it is safe. A study that ends in between is asked for more trials.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from tests.tuner.search.studies import Watcher, early_pruner, make_spec, rising
from tuner.engines.scripted import ScriptedEngine
from tuner.search import optuna_bridge, search_policy
from tuner.search.loop import run_search
from tuner.study import StudySpec
from tuner.study_view import StudySnapshot

assert optuna_bridge.__name__  # imported before the first fork

KILLS = 20


def study(trials: int) -> StudySpec:
    """Return the study; everything is cheap but nothing is left out."""
    return make_spec(
        trials=trials, confirm=1, contenders=2, prune=True, has_test=True, sampler="random"
    )


def engine(delay: float = 0.01) -> ScriptedEngine:
    """Return an engine whose checkpoints lag behind."""
    return ScriptedEngine(rising, delay=delay, checkpoint_every=2)


def session(directory: Path, trials: int, sign: int) -> None:
    """Work on the study until killed."""

    def tell(snapshot: StudySnapshot, note: str) -> None:
        os.write(sign, b".")

    run_search(study(trials), engine(), Watcher(tell), directory)


def killed_session(directory: Path, trials: int, generator: random.Random) -> bool:
    """Fork a session and kill it; return False when it ended by itself before."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        status = 1
        try:
            session(directory, trials, write_end)
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    if generator.random() < 0.5:
        select.select([read_end], [], [], 60.0)
    time.sleep(generator.uniform(0.0, 0.4))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(read_end)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit("a session failed")
    return os.WIFSIGNALED(status)


def results(directory: Path) -> dict[str, tuple[int, str]]:
    """Return when each result was written, and what it says."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_text())
        for path in directory.glob("*/*/result.json")
    }


def main(directory: Path, seed: int) -> None:
    """Kill the study often, check after each time that no result changed, then let it end."""
    vars(search_policy)["FairPruner"] = early_pruner
    generator = random.Random(seed)
    trials, kills, before = 6, 0, results(directory)
    while kills < KILLS:
        if killed_session(directory, trials, generator):
            kills += 1
        else:
            trials += 3
        now = results(directory)
        assert before.items() <= now.items(), "a result was lost or written twice"
        before = now
    summary = run_search(study(trials), engine(), Watcher(), directory)
    assert before.items() <= results(directory).items()
    print(json.dumps({"trials": trials, "kills": kills, "status": summary.status}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
