"""Crashes: one search with real trainings, killed at random moments and started again each time.

`tuner search` with a tiny random BERT runs as a process of its own. It is killed (SIGKILL) after a
random time, a quarter of the times counted from its start, else from its first training, and the
same command is started again; a study that ends in between is asked for more trials. At the end it
may finish. Then the same search runs once without any kill, in another folder.

The RATIO is the number of different trials, ended once and as in the search that was never killed,
over the number of trials asked for: 1 means that nothing was lost and nothing doubled.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import build_model, data_source, make_parser, parse
from tuner.search.study_record import StudyRecord, load_study
from tuner.trial import TrialState

TINY = {"kills": 1, "trials": 2}
SPACE = Path(__file__).parent / "spaces" / "tiny.toml"
STUDY = "killed"
FROM_THE_START = 0.25
MORE_TRIALS = 4
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""A model this small gains nothing from more, and waits for them where the machine is busy."""

EPOCH = '"kind": "epoch"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One process that worked on the study.

    Attributes:
        seconds: How long it lived.
        killed: Whether it was killed; otherwise it ended by itself.
        doing: The last thing it said.
        trials: Trials that it was asked for, in total.
        ended: Trials that had ended when it was gone.
        epochs: Epochs in all histories when it was gone.
        changed: Results of ended trainings that it changed or lost; must be 0.
    """

    seconds: float
    killed: bool
    doing: str
    trials: int
    ended: int
    epochs: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Killer:
    """Starts a search again and again.

    Attributes:
        command: The command line without trials and folder.
        runs: Folder of the results.
        longest: Most seconds that a session lives after its first training began.
        dice: Source of the moments.
    """

    command: Sequence[str]
    runs: Path
    longest: float
    dice: random.Random

    @property
    def study(self) -> Path:
        """Folder of the study."""
        return self.runs / STUDY

    def session(self, trials: int, *, kill: bool) -> Session:
        """Run the command once, and kill it at some moment if `kill` is true."""
        before = results(self.study)
        began = time.monotonic()
        said = self.runs / "session.txt"
        words = [*self.command, "--trials", str(trials), "--runs-dir", str(self.runs)]
        with (
            said.open("w", encoding="utf-8") as output,
            subprocess.Popen(
                words, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **ONE_THREAD}
            ) as process,
        ):
            if kill:
                self._wait(process, said)
                process.kill()
            code = process.wait()
        if code not in {0, -9}:
            raise SystemExit(said.read_text(encoding="utf-8"))
        after = results(self.study)
        return Session(
            seconds=time.monotonic() - began,
            killed=code != 0,
            doing=last_event(said),
            trials=trials,
            ended=sum("trials" in path for path in after),
            epochs=sum(text.count(EPOCH) for text in histories(self.study).values()),
            changed=sum(after.get(path) != content for path, content in before.items()),
        )

    def _wait(self, process: subprocess.Popen[bytes], said: Path) -> None:
        if self.dice.random() >= FROM_THE_START:
            while process.poll() is None and not last_event(said):
                time.sleep(0.02)
        end = time.monotonic() + self.dice.uniform(0.0, self.longest)
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)


def last_event(said: Path) -> str:
    """Return the last event that a session printed, without its clock; empty before the first."""
    lines = said.read_text(encoding="utf-8").splitlines()
    return next((line.partition("] ")[2] for line in reversed(lines) if line.startswith("[")), "")


def results(study: Path) -> dict[str, tuple[int, str]]:
    """Return when each result of an ended training was written, and what it says."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_text(encoding="utf-8"))
        for path in study.glob("*/*/result.json")
        if json.loads(path.read_text(encoding="utf-8"))["state"] != TrialState.INTERRUPTED
    }


def histories(study: Path) -> dict[str, str]:
    """Return the histories of all trainings."""
    return {str(path): path.read_text("utf-8") for path in study.glob("*/*/history.jsonl")}


def torment(killer: Killer, kills: int, trials: int) -> list[Session]:
    """Kill the study as often as asked, then let it end."""
    sessions: list[Session] = []
    while sum(session.killed for session in sessions) < kills:
        session = killer.session(trials, kill=True)
        sessions.append(session)
        if not session.killed:
            trials += MORE_TRIALS
    return [*sessions, killer.session(trials, kill=False)]


def right_trials(killed: StudyRecord, reference: StudyRecord) -> int:
    """Count the trials that ended once, as those of the search that was never killed."""
    known = {run.key: run for run in reference.runs}
    return sum(
        run.ended
        and run.spec == known[run.key].spec
        and (run.state, run.score) == (known[run.key].state, known[run.key].score)
        and [report.epoch for report in run.reports] == list(range(1, run.epoch + 1))
        for run in killed.runs
        if run.role == "search" and run.key in known
    )


def print_report(sessions: Sequence[Session], right: int) -> None:
    """Print a row per session, and the ratio."""
    rows = [
        (
            str(number),
            "killed" if session.killed else "ended",
            f"{session.seconds:.1f}",
            session.doing or "(getting ready)",
            f"{session.ended} of {session.trials}",
            str(session.epochs),
            str(session.changed),
        )
        for number, session in enumerate(sessions, start=1)
    ]
    columns = ("session", "end", "seconds", "last event", "trials ended", "epochs", "changed")
    print_table("A search that is killed and started again", columns, rows)
    kills = sum(session.killed for session in sessions)
    asked = sessions[-1].trials
    print(
        f"RATIO right trials over asked ones, {kills} kills: {right / asked:.3f} ({right}/{asked})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, compare, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/crash_search.json")
    parser.add_argument("--kills", type=int, default=20, help="how often it is killed")
    parser.add_argument("--trials", type=int, default=8, help="trials asked for at first")
    parser.add_argument("--longest", type=float, default=6.0, help="most seconds before a kill")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments")
    options = parse(parser, arguments, TINY)
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        data = data_source(options.data)
        model = options.model or build_model(data, Path(scratch))
        command = [
            *(sys.executable, "-m", "tuner", "search", data, "--model", str(model)),
            *("--space", str(SPACE), "--study", STUDY, "--sample", str(options.sample or 40)),
            *("--confirm", "1", "--checkpoint-every", "0"),
            *(("--device", options.device) if options.device else ()),
        ]
        runs, untouched = Path(scratch) / "runs", Path(scratch) / "untouched"
        runs.mkdir()
        untouched.mkdir()
        dice = random.Random(options.seed)
        killer = Killer(command=command, runs=runs, longest=options.longest, dice=dice)
        sessions = torment(killer, options.kills, options.trials)
        replace(killer, runs=untouched).session(sessions[-1].trials, kill=False)
        right = right_trials(load_study(STUDY, runs), load_study(STUDY, untouched))
    print_report(sessions, right)
    write_figures(options.output, start, sessions=sessions, right=right, **_asked(sessions))


def _asked(sessions: Sequence[Session]) -> Mapping[str, int]:
    return {"asked": sessions[-1].trials, "kills": sum(session.killed for session in sessions)}


if __name__ == "__main__":
    main()
