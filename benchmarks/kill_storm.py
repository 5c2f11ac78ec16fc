"""Kills: one table, one row per kind of process that is killed (SIGKILL) at random moments.

Trainings are scripted, so that many kills take minutes. `loop` kills the process that searches,
`workers` kills workers of a search that goes on, `loop over workers` the process that searches with
workers. A search that is gone is started again; a study that ends in between is asked for more
trials. At the end it may finish.

Lost are trials that were asked for and have no result, or whose finished result changed; doubled
are trials that the database or the folder holds twice, and epochs that a history holds twice.
Zombies are processes of the search that live on when it has ended. The database is consistent when
it holds each trial once, ended, with the score of the folder.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import make_parser, parse

TINY = {"kills": 1, "targets": "loop"}
MORE_TRIALS = 6
LONGEST = 0.6
"""Most seconds between a sign of progress and the kill: a scripted trial takes a tenth."""

SESSION = "from benchmarks.support import scripted_study; scripted_study.begin()"
"""Not run as a module: workers look for its functions by the module's real name."""

MARK = "TUNER_KILL_STORM"
TARGETS = {"loop": "loop", "workers": "workers", "loop over workers": "workers"}


@dataclass(slots=True, kw_only=True)
class Storm:
    """A study under kills.

    Attributes:
        target: What is killed.
        folder: Folder of the study.
        dice: Source of the moments.
        trials: Trials asked for so far.
        kills: Kills so far.
        known: Result files of ended trainings so far.
        changed: Results that changed or vanished.
    """

    target: str
    folder: Path
    dice: random.Random
    trials: int = 12
    kills: int = 0
    known: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    def run(self, kills: int) -> None:
        """Kill as often as asked, then let the study end."""
        while self.kills < kills:
            if self._session(kills - self.kills) == 0:
                self.trials += MORE_TRIALS
            self._compare()
        if self._session(0) != 0:
            raise SystemExit("the study did not end when nothing was killed any more")
        self._compare()

    def _session(self, most: int) -> int:
        words = [sys.executable, "-c", SESSION, TARGETS[self.target]]
        process = subprocess.Popen(
            [*words, str(self.folder), str(self.trials)],
            stdout=subprocess.PIPE,
            env={**os.environ, MARK: str(self.folder), "OMP_NUM_THREADS": "1"},
            text=True,
        )
        assert process.stdout is not None
        with process:
            killer = self._kill_worker if self.target == "workers" else self._kill_loop
            for line in process.stdout:
                if most and "epoch" in line and self.dice.random() < 0.25:
                    time.sleep(self.dice.uniform(0.0, LONGEST))
                    most -= killer(process)
        code = process.wait()
        if code not in (0, -9):
            raise SystemExit(f"the search ended with {code}")
        return code

    def _kill_loop(self, process: subprocess.Popen[str]) -> bool:
        if process.poll() is not None:
            return False
        process.kill()
        self.kills += 1
        return True

    def _kill_worker(self, process: subprocess.Popen[str]) -> bool:
        workers = [pid for pid in marked(self.folder) if pid != process.pid]
        if not workers:
            return False
        try:
            os.kill(self.dice.choice(workers), 9)
        except ProcessLookupError:
            return False
        self.kills += 1
        return True

    def _compare(self) -> None:
        now = {str(path): path.read_text() for path in self.folder.glob("*/*/result.json")}
        ended = {path: text for path, text in now.items() if '"interrupted"' not in text}
        self.changed += sum(ended.get(path) != text for path, text in self.known.items())
        self.known = ended


def marked(folder: Path) -> list[int]:
    """Return the processes of a study, which inherited its mark."""
    mark, found = f"{MARK}={folder}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:  # it has just ended, or is somebody else's
            continue
    return found


def measure(storm: Storm) -> tuple[str, ...]:
    """Return the row of a study whose storm is over."""
    deadline = time.monotonic() + 10
    while (zombies := marked(storm.folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    results = {
        path.parent.name: json.loads(path.read_text())
        for path in storm.folder.glob("trials/*/result.json")
    }
    finished = sum(result["state"] in ("finished", "pruned") for result in results.values())
    doubled, consistent = stored(storm.folder, results)
    doubled += sum(map(repeated_epochs, storm.folder.glob("*/*/history.jsonl")))
    lost = storm.trials - len(results) + storm.changed
    counts = (storm.kills, storm.trials, finished, lost, doubled, len(zombies))
    return (storm.target, *map(str, counts), "yes" if consistent else "NO")


def stored(folder: Path, results: dict[str, dict[str, object]]) -> tuple[int, bool]:
    """Return how many trials the database holds twice, and whether it agrees with the folder."""
    query = (
        "select number, state, value from trials left join trial_values using (trial_id) "
        "order by number"
    )
    with sqlite3.connect(folder / "study.db") as database:
        rows = database.execute(query).fetchall()
        sound = database.execute("pragma integrity_check").fetchone() == ("ok",)
    doubled = sum(count - 1 for count in Counter(row[0] for row in rows).values())
    scores = {f"{number:04d}": value for number, state, value in rows if state == "COMPLETE"}
    told = {key: result["score"] for key, result in results.items()}
    return doubled, sound and scores == told


def repeated_epochs(history: Path) -> int:
    """Return how many epochs a history holds more than once."""
    entries = [json.loads(line) for line in history.read_text().splitlines()]
    epochs = Counter(entry["epoch"] for entry in entries if entry["kind"] == "epoch")
    return sum(count - 1 for count in epochs.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, count, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/kill_storm.json")
    parser.add_argument("--kills", type=int, default=34, help="kills per target")
    parser.add_argument("--targets", default=",".join(TARGETS), help="what to kill, by comma")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments")
    options = parse(parser, arguments, TINY)
    start, rows = environment(), []
    make: Callable[[str, Path], Storm] = lambda target, folder: Storm(  # noqa: E731
        target=target, folder=folder, dice=random.Random(options.seed)
    )
    for target in options.targets.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            storm = make(target, Path(scratch) / "storm")
            storm.run(options.kills)
            rows.append(measure(storm))
    columns = ("killed", "kills", "asked", "finished", "lost", "doubled", "zombies", "database")
    print_table("Searches under kills", columns, rows)
    write_figures(options.output, start, columns=columns, rows=rows)


if __name__ == "__main__":
    main()
