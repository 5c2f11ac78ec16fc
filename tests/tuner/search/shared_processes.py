"""Processes that share a scripted study; a script of its own, see `test_shared_processes.py`.

It reads orders as JSON lines and forks a process for each, so that the libraries are imported once.
Every process tells what it does as JSON lines in a file of its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna.importance._fanova
import psycopg
import sqlalchemy.dialects.postgresql

from tests.tuner.search.studies import Watcher, early_pruner, make_spec, rising
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import TunerError
from tuner.search import optuna_bridge, search_policy
from tuner.search.copies import ModelCopies
from tuner.search.loop import run_search
from tuner.search.shared import loop as shared_loop
from tuner.study_view import StudySnapshot

IMPORTED_BEFORE_THE_FIRST_FORK = (
    optuna.importance._fanova,
    optuna_bridge,
    psycopg,
    shared_loop,
    sqlalchemy.dialects.postgresql,
)


def kill_this_process(*arguments: object, **named: object) -> None:
    """End without leaving anything in order, as after `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def search(folder: Path, order: dict[str, Any], say: Callable[..., None]) -> None:
    """Take part in the study and tell how it went."""

    def tell(snapshot: StudySnapshot, note: str) -> None:
        say(note=note, done=snapshot.finished)

    usual = {"prune": True, "has_test": True, "confirm": 1, "contenders": 2}
    engine = ScriptedEngine(rising, delay=order["delay"])
    os.environ.update(order["times"])
    vars(search_policy)["FairPruner"] = early_pruner
    if order["dies_sending"]:
        ModelCopies.finish = kill_this_process  # type: ignore[method-assign]
    try:
        spec = make_spec(**{**usual, **order["options"]})
        summary = run_search(spec, engine, Watcher(tell), folder)
    except TunerError as error:
        say(error=str(error), hint=error.hint)
        return
    say(
        status=summary.status,
        winner=None if summary.winner is None else [summary.winner.number, summary.winner.mean],
        rows=[[row.key, row.state, row.score] for row in summary.rows],
        best=None if summary.best_directory is None else str(summary.best_directory),
        warnings=list(summary.warnings),
        test=None if summary.test is None else summary.test.f1,
        epochs=engine.epochs_trained,
        evaluated=len(engine.evaluated),
    )


def child(order: dict[str, Any]) -> None:
    """Do what one order says, in a process of its own."""
    with Path(order["told"]).open("a", encoding="utf-8") as file:

        def say(**values: object) -> None:
            file.write(json.dumps(values) + "\n")
            file.flush()

        try:
            search(Path(order["folder"]), order, say)
        except BaseException as error:  # the test shows it
            say(crash=repr(error))
            raise


def main() -> None:
    """Fork a process per line; print its number."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            os.waitpid(order["wait"], 0)
            print("ended", flush=True)  # noqa: T201
            continue
        number = os.fork()
        if number == 0:
            try:
                child(order)
            finally:
                os._exit(0)
        print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
