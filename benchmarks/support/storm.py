"""A study under kills (SIGKILL) at random moments, and what is left of it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.support.scripted_study import Part

__all__ = ["MARK", "Storm", "Strike", "Target", "marked"]

MORE_TRIALS = 6
SHARE_OF_SIGNS = 0.25
"""Share of the signs of progress (an epoch that ended) that are followed by a kill."""

MARK = "TUNER_KILL_STORM"
"""Environment variable that all processes of a study inherit: the study's folder."""


Strike = Callable[[Path, int, random.Random], bool]
"""Kills something under the study in a folder, given the process that searches and dice; brings
back what a person would; returns whether it was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is killed, and the study that it is killed in.

    Attributes:
        name: For the table.
        part: What each process does; folder and trials are the storm's to say.
        strike: Kills something.
        processes: How many processes work on the study at once.
        longest: Most seconds between a sign of progress and the kill, about the time of a trial.
        ends_search: Whether a kill ends the search, which is then begun again.
        title: What the title of a process of the search begins with, where marked processes are
            not all its own; empty where they are.
    """

    name: str
    part: Part
    strike: Strike
    processes: int = 1
    longest: float = 0.6
    ends_search: bool = False
    title: str = ""

    def is_of_search(self, process: int) -> bool:
        """Whether a marked process belongs to the search, and must end with it."""
        try:
            line = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return False
        return line.startswith(self.title.encode())


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

    target: Target
    folder: Path
    dice: random.Random
    trials: int = 12
    kills: int = 0
    known: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    def run(self, kills: int) -> None:
        """Kill as often as asked, then let the study end.

        Raises:
            SystemExit: A search failed, or did not end by itself.
        """
        while self.kills < kills:
            if self._session(kills) == 0:
                self.trials += MORE_TRIALS
            self._compare()
        if self._session(kills) != 0:
            raise SystemExit("the study did not end when nothing was killed any more")
        self._compare()

    def _session(self, kills: int) -> int:
        """Search until the end, or until a kill ends it; return how the first process ended."""
        with ExitStack() as stack:
            first = stack.enter_context(self._begin(subprocess.PIPE))
            beside = range(self.target.processes - 1)
            others = [stack.enter_context(self._begin(subprocess.DEVNULL)) for _ in beside]
            assert first.stdout is not None
            for line in first.stdout:
                if self.kills < kills and "epoch" in line and self.dice.random() < SHARE_OF_SIGNS:
                    time.sleep(self.dice.uniform(0.0, self.target.longest))
                    self.kills += self._strike(first)
        allowed = (0, -9) if self.target.ends_search else (0,)
        codes = [process.returncode for process in (first, *others)]
        if not set(codes) <= set(allowed):
            raise SystemExit(f"searches ended with {codes} while `{self.target.name}` was killed")
        return codes[0]

    def _begin(self, output: int) -> subprocess.Popen[str]:
        part = replace(self.target.part, folder=str(self.folder), trials=self.trials)
        variables = {MARK: str(self.folder), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, *part.words],
            stdout=output,
            env={**os.environ, **variables},
            text=True,
        )

    def _strike(self, search: subprocess.Popen[str]) -> bool:
        if search.poll() is not None:
            return False
        return self.target.strike(self.folder, search.pid, self.dice)

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
