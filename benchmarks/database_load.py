"""Overhead of a shared study: asking, reporting and telling, by many workers on one PostgreSQL.

Scripted workers, which train nothing, share one study: each asks for a trial, reports three epochs
and tells the result, until all trials are done. Ours goes through `SharedBridge` (its log, its
claims, Optuna's tables); the alternative is plain Optuna on the same server in the same run:
`study.ask`, `trial.report` and `study.tell` with a `RandomSampler`, each worker with a storage of
its own. Every worker is a thread with connections of its own; `--processes` spreads them.

The RATIO is the wall time per trial of ours over that of plain Optuna. A second table shows whether
cost and memory grow with the number of trials: wall time per trial in each fifth of the study, and
the resident memory of the processes at its end. `--arm sqlite` adds the bridge of a study of one
process, on an SQLite file.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.samplers import RandomSampler
from optuna.storages import RDBStorage

from benchmarks.support.report import environment, print_table, write_figures
from tests.tuner.search.postgresql import running_server
from tests.tuner.search.studies import make_spec
from tuner.engines.scripted import scripted_report
from tuner.search.folder import StudyFolder
from tuner.search.optuna_bridge import OptunaBridge
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.opening import describe_together, open_shared
from tuner.search.shared.patience import SharingTimes
from tuner.search.shared.study import this_process
from tuner.search.shared.url import driver_url, pool_options
from tuner.trial import TrialState

OUTPUT = "runs/benchmarks/database_load.json"
EPOCHS = 3
PARTS = 5
Stamp = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one arm took.

    Attributes:
        arm: `shared`, `optuna` or `sqlite`.
        seconds: Wall time from the first ask to the last tell.
        trials: Trials done.
        parts: Milliseconds per trial in each fifth of them.
        megabytes: Resident memory of all processes at the end.
    """

    arm: str
    seconds: float
    trials: int
    parts: tuple[float, ...]
    megabytes: float

    @property
    def each(self) -> float:
        """Milliseconds per trial."""
        return 1000 * self.seconds / self.trials


def ended(asked: Asked, folder: Path) -> RunRecord:
    """Return the record of a trial that went through its plan."""
    reports = (scripted_report(asked.spec, epoch, 0.1 * epoch) for epoch in range(1, EPOCHS + 1))
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


def work_shared(url: str, trials: int, folder: Path, done: Stamp) -> None:
    """Take part in the study until every trial was begun."""
    spec = make_spec(trials=trials, storage="hidden")
    process = this_process(folder, trials)
    with open_shared(url, spec.name, process, SharingTimes()) as opened:
        describe_together(spec, StudyFolder(folder), opened)
        bridge = SharedBridge(spec, opened.shared, opened.mirror, opened.patience)
        with opened.shared.taking_part():
            while (asked := bridge.ask(trials)) is not None:
                run = ended(asked, folder)
                for report in run.reports:
                    bridge.report(run.number, report.epoch, report.scores.f1)
                bridge.tell(run)
                done()


def work_sqlite(url: str, trials: int, folder: Path, done: Stamp) -> None:
    """Work alone with the bridge of a study of one process."""
    bridge = OptunaBridge(make_spec(trials=trials), url, "id")
    for _ in range(trials):
        asked = bridge.ask()
        assert asked is not None
        run = ended(asked, folder)
        for report in run.reports:
            bridge.report(run.number, report.epoch, report.scores.f1)
        bridge.tell(run)
        done()
    bridge.close()


def work_optuna(url: str, trials: int, folder: Path, done: Stamp) -> None:
    """Do the same with plain Optuna."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = driver_url(url).render_as_string(hide_password=False)
    storage = RDBStorage(address, engine_kwargs=pool_options(url))
    study = optuna.load_study(study_name="plain", storage=storage, sampler=RandomSampler())
    while True:
        trial = study.ask()
        if trial.number >= trials:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            break
        trial.suggest_float("learning_rate", 1e-5, 1e-3, log=True)
        trial.suggest_int("log2_batch_size", 2, 5)
        trial.suggest_int("epochs", 2, 6)
        for epoch in range(1, EPOCHS + 1):
            trial.report(0.1 * epoch, epoch)
        study.tell(trial, 0.3)
        done()
    storage.engine.dispose()


ARMS = {"shared": work_shared, "optuna": work_optuna, "sqlite": work_sqlite}


def process(arm: str, url: str, trials: int, threads: int, folder: Path) -> None:
    """Run workers in this process; print when each trial ended, and the memory at the end."""
    stamps: list[float] = []
    began = time.time()

    def run(number: int) -> None:
        ARMS[arm](url, trials, folder / str(number), lambda: stamps.append(time.time()))

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    print(json.dumps({"began": began, "stamps": stamps, "megabytes": memory}))


def measure(arm: str, url: str, trials: int, threads: Sequence[int], scratch: Path) -> Load:
    """Run an arm in processes of its own."""
    if arm == "optuna":
        address = driver_url(url).render_as_string(hide_password=False)
        optuna.create_study(study_name="plain", storage=address, direction="maximize")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.database_load", "--as", arm, url]
    running = [
        subprocess.Popen(
            [*command, str(trials), str(count), str(scratch / f"{arm}-{number}")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, count in enumerate(threads)
    ]
    told = [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]
    stamps = sorted(stamp for one in told for stamp in one["stamps"])
    began = min(one["began"] for one in told)
    size = max(1, len(stamps) // PARTS)
    marks = [began, *(stamps[min(len(stamps), size * part) - 1] for part in range(1, PARTS + 1))]
    parts = (1000 * (after - before) / size for before, after in itertools.pairwise(marks))
    return Load(
        arm=arm,
        seconds=stamps[-1] - began,
        trials=len(stamps),
        parts=tuple(parts),
        megabytes=sum(one["megabytes"] for one in told),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all arms on one server and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--arm", nargs="+", choices=ARMS, default=["shared", "optuna"])
    parser.add_argument("--tiny", action="store_true", help="100 trials by 4 workers")
    parser.add_argument("--output", type=Path, default=Path(OUTPUT))
    parser.add_argument("--as", dest="role", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.role:
        arm, url, trials, threads, folder = given.role
        process(arm, url, int(trials), int(threads), Path(folder))
        return
    if given.tiny:
        given.trials, given.workers, given.processes = 100, 4, 2
    start, loads = environment(), []
    spread = [given.workers // given.processes] * given.processes
    with running_server() as server, tempfile.TemporaryDirectory() as scratch:
        url = server.create_database("load")
        for arm in given.arm:
            alone = arm == "sqlite"
            place = f"sqlite:///{scratch}/study.db" if alone else url
            threads = [1] if alone else spread
            loads.append(measure(arm, place, given.trials, threads, Path(scratch)))
    report(loads, given.workers)
    write_figures(given.output, start, loads=loads, workers=given.workers)


def report(loads: Sequence[Load], workers: int) -> None:
    """Print the tables and the ratio."""
    print_table(
        f"{loads[0].trials} trials by {workers} workers",
        ("arm", "ms per trial", "seconds", "MB in all", *(f"part {n + 1}" for n in range(PARTS))),
        [
            (
                load.arm,
                f"{load.each:.1f}",
                f"{load.seconds:.0f}",
                f"{load.megabytes:.0f}",
                *(f"{part:.1f}" for part in load.parts),
            )
            for load in loads
        ],
    )
    known = {load.arm: load for load in loads}
    if {"shared", "optuna"} <= set(known):
        print(f"RATIO {known['shared'].each / known['optuna'].each:.2f}")


if __name__ == "__main__":
    main()
