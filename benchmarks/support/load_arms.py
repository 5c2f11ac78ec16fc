"""Arms of the load test: workers that train nothing, with our storage and with plain Optuna.

Every worker asks for a trial, reports its epochs (two to six, as its settings say) and tells the
result, until all trials are done.
It opens its storage first and then waits for all the others, so that opening is not counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import optuna
from optuna.samplers import RandomSampler
from optuna.storages import RDBStorage

from tests.tuner.search.studies import Watcher, make_spec, rising
from tuner.engines.scripted import ScriptedEngine, scripted_report
from tuner.search.folder import StudyFolder
from tuner.search.loop import run_search
from tuner.search.optuna_bridge import OptunaBridge
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.opening import describe_together, open_shared
from tuner.search.shared.patience import SharingTimes
from tuner.search.shared.study import this_process
from tuner.search.shared.url import driver_url
from tuner.study_view import StudySnapshot
from tuner.trial import TrialState

__all__ = ["ARMS", "PLAIN", "Worker"]

NEVER = 100
"""Epochs between two checkpoints: to write them is the trainings' part, not the search's."""

PLAIN = "plain"
"""Name of the studies of plain Optuna."""


class Worker(Protocol):
    """What a worker tells the measurement."""

    def ready(self) -> None:
        """Wait until all workers have opened their storage."""

    def done(self) -> None:
        """Note that a trial ended."""


def work_shared(url: str, trials: int, folder: Path, worker: Worker) -> None:
    """Take part in the study as `SharedSearchSource` does, until every trial was begun."""
    spec = make_spec(trials=trials, storage="hidden")
    process, times = this_process(folder, trials), SharingTimes()
    with open_shared(url, spec.name, process, times) as opened:
        place = StudyFolder(folder)
        describe_together(spec, place, opened)
        bridge = SharedBridge(spec, opened.shared, opened.mirror, opened.patience)
        with place.shared_lock(process.name), opened.shared.taking_part():
            worker.ready()
            while (asked := _ask_together(bridge)) is not None:
                run = _ended(asked, folder)
                for report in run.reports:
                    bridge.report(run.number, report.epoch, report.scores.f1)
                    bridge.shared.refresh(at_most_every=times.poll)
                bridge.tell(run)
                worker.done()


def _ask_together(bridge: SharedBridge) -> Asked | None:
    bridge.shared.refresh(at_most_every=bridge.shared.times.poll)
    if bridge.shared.abandoned():
        raise SystemExit("a worker that lives was taken for dead")
    return bridge.ask(bridge.limit)


def work_sqlite(url: str, trials: int, folder: Path, worker: Worker) -> None:
    """Work alone with the bridge of a study of one process."""
    bridge = OptunaBridge(make_spec(trials=trials), url, "id")
    worker.ready()
    for _ in range(trials):
        asked = bridge.ask()
        assert asked is not None
        run = _ended(asked, folder)
        for report in run.reports:
            bridge.report(run.number, report.epoch, report.scores.f1)
        bridge.tell(run)
        worker.done()
    bridge.close()


def work_loop(url: str, trials: int, folder: Path, worker: Worker) -> None:
    """Run the whole search with trainings that take no time: folders, table and choice too."""
    numbers = itertools.count(1)
    expected = next(numbers)

    def on_update(snapshot: StudySnapshot, note: str) -> None:
        nonlocal expected
        watcher.snapshots.clear()
        watcher.notes.clear()
        if snapshot.finished == expected:
            worker.done()
            expected = next(numbers)

    watcher = Watcher(on_update)
    engine = ScriptedEngine(rising, checkpoint_every=NEVER)
    worker.ready()
    run_search(make_spec(trials=trials, prune=True, storage=url), engine, watcher, folder)


def work_optuna(url: str, trials: int, folder: Path, worker: Worker) -> None:
    """Do what `work_shared` and `work_sqlite` do with plain Optuna."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = RDBStorage(driver_url(url).render_as_string(hide_password=False))
    study = optuna.load_study(study_name=PLAIN, storage=storage, sampler=RandomSampler())
    worker.ready()
    while True:
        trial = study.ask()
        if trial.number >= trials:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            break
        trial.suggest_float("learning_rate", 1e-5, 1e-3, log=True)
        trial.suggest_int("log2_batch_size", 2, 5)
        for epoch in range(1, trial.suggest_int("epochs", 2, 6) + 1):
            trial.report(0.1 * epoch, epoch)
        study.tell(trial, 0.3)
        worker.done()
    storage.engine.dispose()


def _ended(asked: Asked, folder: Path) -> RunRecord:
    """Return the record of a trial that went through its plan."""
    epochs = range(1, asked.spec.epochs + 1)
    reports = (scripted_report(asked.spec, epoch, 0.1 * epoch) for epoch in epochs)
    key = search_key(asked.number)
    return RunRecord(
        key=key,
        number=asked.number,
        spec=asked.spec,
        role="search",
        origin=asked.origin,
        directory=folder / key,
        state=TrialState.FINISHED,
        reports=tuple(reports),
    )


Arm = Callable[[str, int, Path, Worker], None]
ARMS: dict[str, Arm] = {
    "shared": work_shared,
    "optuna": work_optuna,
    "sqlite": work_sqlite,
    "optuna-sqlite": work_optuna,
    "loop": work_loop,
}
