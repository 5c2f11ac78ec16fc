"""Overhead of a study: asking, reporting and telling, by many workers on one PostgreSQL.

Scripted workers, which train nothing, share one study: each asks for a trial, reports three epochs
and tells the result, until all trials are done. The arms:

- `shared`: ours, through `SharedBridge` (its log, its claims, Optuna's tables);
- `optuna`: plain Optuna on the same server in the same run: `study.ask`, `trial.report` and
  `study.tell` with a `RandomSampler` (ours draws at random too), each worker with a storage of its
  own, opened as Optuna does;
- `sqlite` and `optuna-sqlite`: the same by one worker alone, on an SQLite file;
- `loop`: a whole search in one process on an SQLite file, with pruning, run folders and the choice
  of the winner, its trainings taking no time.

Every worker is a thread with connections of its own; `--processes` spreads them. All open their
storage, then all begin. A RATIO is the time per trial of ours over that of plain Optuna: processor
time of the workers and the server, which other programs on the machine disturb little, and wall
time. The columns `part 1` to `part 5` are the processor time of the workers per trial in each fifth
of the study, and `MB per 1,000` the growth of their memory: both show what grows with the trials. A
second table has the memory of a process at the end of each fifth.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import psycopg

from benchmarks.support.load_arms import ARMS, PLAIN
from benchmarks.support.report import environment, print_table, write_figures
from tests.tuner.search.postgresql import PostgresServer, running_server
from tuner.search.shared.url import driver_url

OUTPUT = "runs/benchmarks/database_load.json"
PARTS = 5
ON_SERVER = ("shared", "optuna")
RATIOS = (("shared", "optuna"), ("sqlite", "optuna-sqlite"), ("loop", "optuna-sqlite"))
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one arm took.

    Attributes:
        arm: One of `ARMS`.
        workers: How many worked at once.
        trials: Trials done.
        seconds: Wall time from the common start to the last tell.
        processor: Processor time of the workers and the server in between, in seconds.
        server: The server's part of it.
        parts: Processor time of the workers per trial in each fifth, in milliseconds.
        growth: Megabytes by which the workers' memory grew in the last four fifths, per 1,000
            trials and process.
        memory: Megabytes of a process at the end of each fifth of its trials, the mean of all.
    """

    arm: str
    workers: int
    trials: int
    seconds: float
    processor: float
    server: float
    parts: tuple[float, ...]
    growth: float
    memory: tuple[float, ...]


@dataclass(slots=True)
class Crew:
    """The threads of one process: they begin together, and note when each trial ended."""

    threads: int
    stamps: list[tuple[float, float, float]] = field(default_factory=list)
    opened: threading.Barrier = field(init=False)
    begun: threading.Barrier = field(init=False)

    def __post_init__(self) -> None:
        self.opened = threading.Barrier(self.threads + 1)
        self.begun = threading.Barrier(self.threads + 1)

    def ready(self) -> None:
        """Wait until all workers have opened their storage."""
        self.opened.wait()
        self.begun.wait()

    def done(self) -> None:
        """Note wall time, processor time and memory at the end of a trial."""
        self.stamps.append((time.time(), time.process_time(), resident()))


def resident() -> float:
    """Return the memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def process(arm: str, url: str, trials: int, threads: int, folder: Path) -> None:
    """Run workers in this process: say that they are ready, wait for a line, print the stamps."""
    crew = Crew(threads)

    def run(number: int) -> None:
        ARMS[arm](url, trials, folder / str(number), crew)

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads - 1)]
    for worker in workers:
        worker.start()
    threading.Thread(target=_tell_parent, args=(crew,), daemon=True).start()
    run(threads - 1)  # here: a search listens to signals in the main thread alone
    for worker in workers:
        worker.join()
    print(json.dumps(crew.stamps))


def _tell_parent(crew: Crew) -> None:
    crew.opened.wait()
    print("ready", flush=True)
    sys.stdin.readline()
    crew.stamps.append((time.time(), time.process_time(), resident()))
    crew.begun.wait()


def measure(
    arm: str, url: str, trials: int, threads: Sequence[int], scratch: Path, server: int | None
) -> Load:
    """Run an arm in processes of its own.

    Args:
        arm: One of `ARMS`.
        url: Its storage.
        trials: How many trials, by all workers together.
        threads: Workers per process.
        scratch: A folder for what they write.
        server: Number of the server's first process, or None without a server.
    """
    if arm.startswith("optuna"):
        address = driver_url(url).render_as_string(hide_password=False)
        optuna.create_study(study_name=PLAIN, storage=address, direction="maximize")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.database_load", "--as", arm, url]
    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(trials), str(count), str(scratch / f"{arm}-{number}")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number, count in enumerate(threads)
        ]
        for one in running:
            assert one.stdout is not None
            assert one.stdin is not None
            if one.stdout.readline() != "ready\n":
                raise SystemExit(f"a worker of the arm {arm} did not start")
        before = server_seconds(server)
        for one in running:  # all of them, before any is waited for
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]
        return _load(arm, sum(threads), told, server_seconds(server) - before)


def _load(arm: str, workers: int, told: Sequence[Any], server: float) -> Load:
    """Put the stamps of all processes together; the first of each is its start."""
    trials = sum(len(stamps) - 1 for stamps in told)
    ends = sorted(  # wall time, and processor time that it took since the one before
        (after[0], after[1] - before[1])
        for stamps in told
        for before, after in itertools.pairwise(stamps)
    )
    size = max(1, trials // PARTS)
    pieces = [ends[part * size : (part + 1) * size] for part in range(PARTS)]
    grown = [stamps[-1][2] - stamps[len(stamps) // PARTS][2] for stamps in told]
    counted = trials - trials // PARTS  # each process knows the trials of all
    ends_of_parts = [
        [stamps[(part + 1) * (len(stamps) - 1) // PARTS][2] for part in range(PARTS)]
        for stamps in told
    ]
    return Load(
        arm=arm,
        workers=workers,
        trials=trials,
        seconds=ends[-1][0] - min(stamps[0][0] for stamps in told),
        processor=sum(seconds for _, seconds in ends) + server,
        server=server,
        parts=tuple(1000 * sum(s for _, s in piece) / max(1, len(piece)) for piece in pieces),
        growth=1000 * sum(grown) / len(grown) / max(1, counted),
        memory=tuple(sum(sizes) / len(told) for sizes in zip(*ends_of_parts, strict=True)),
    )


def first_process(server: PostgresServer) -> int:
    """Return the number of the server's first process, whose children serve the clients."""
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        status = Path(f"/proc/{row[0]}/status").read_text()  # it ends with the connection
    return int(status.split("PPid:")[1].split()[0])


def server_seconds(first: int | None) -> float:
    """Return the processor time of a server: of its processes, and of those that have ended."""
    if first is None:
        return 0.0
    total = _ticks(first, ended_children=True)
    for child in Path(f"/proc/{first}/task/{first}/children").read_text().split():
        with contextlib.suppress(OSError):
            total += _ticks(int(child), ended_children=False)
    return total / TICKS


def _ticks(number: int, *, ended_children: bool) -> int:
    figures = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return sum(int(one) for one in figures[11 : 15 if ended_children else 13])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all arms on one server and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--arm", nargs="+", choices=ARMS, default=list(ON_SERVER))
    parser.add_argument("--tiny", action="store_true", help="20 trials by 4 workers")
    parser.add_argument("--output", type=Path, default=Path(OUTPUT))
    parser.add_argument("--as", dest="role", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.role:
        arm, url, trials, threads, folder = given.role
        process(arm, url, int(trials), int(threads), Path(folder))
        return
    if given.tiny:
        given.trials, given.workers, given.processes = 20, 4, 2
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        loads = [run_arm(arm, given, Path(scratch)) for arm in given.arm]
    report(loads)
    write_figures(given.output, start, loads=loads)


def run_arm(arm: str, given: argparse.Namespace, scratch: Path) -> Load:
    """Measure an arm on a server or in a file of its own."""
    if arm not in ON_SERVER:
        place = f"sqlite:///{scratch}/{arm}.db"
        return measure(arm, place, given.trials, [1], scratch, None)
    spread = [given.workers // given.processes] * given.processes
    with running_server() as server:
        first, url = first_process(server), server.create_database("load")
        return measure(arm, url, given.trials, spread, scratch, first)


def report(loads: Sequence[Load]) -> None:
    """Print the table and the ratios."""
    print_table(
        "Milliseconds per trial",
        (
            *("arm", "workers", "trials", "processor", "of it server", "wall"),
            *(f"part {number + 1}" for number in range(PARTS)),
            "MB per 1,000",
        ),
        [
            (
                *(load.arm, str(load.workers), str(load.trials)),
                *(
                    f"{1000 * seconds / load.trials:.1f}"
                    for seconds in (load.processor, load.server, load.seconds)
                ),
                *(f"{part:.1f}" for part in load.parts),
                f"{load.growth:.1f}",
            )
            for load in loads
        ],
    )
    print_table(
        "Megabytes of a process after each fifth of its trials",
        ("arm", *(f"part {number + 1}" for number in range(PARTS))),
        [(load.arm, *(f"{size:.0f}" for size in load.memory)) for load in loads],
    )
    known = {load.arm: load for load in loads}
    for ours, theirs in RATIOS:
        if {ours, theirs} <= set(known):
            first, second = known[ours], known[theirs]
            processor = first.processor / first.trials / (second.processor / second.trials)
            wall = first.seconds / first.trials / (second.seconds / second.trials)
            print(f"RATIO {ours} over {theirs}: processor time {processor:.2f}, wall {wall:.2f}")


if __name__ == "__main__":
    main()
