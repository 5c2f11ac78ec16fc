"""What a storm of kills has done to a study: lost, doubled, left over, contradicted."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.support.storm import Storm, marked
from tuner.search.folder import StudyFolder
from tuner.search.run_record import RunRecord
from tuner.search.shared.url import driver_url
from tuner.trial import TrialState

__all__ = ["Damage", "assess", "left_over"]

PATIENCE = 20.0
"""Seconds in which the processes of a search that has ended must be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """How a study came through.

    Attributes:
        target: What was killed.
        kills: How often.
        asked: Trials asked for.
        finished: Trials that went through their plan or were pruned.
        lost: Trials without a result, and results that changed after they were written.
        doubled: Trials that folder or database hold twice, and epochs that a history holds twice.
        restarted: Trainings that were begun again or taken up again because of a kill.
        zombies: Processes of the search that lived on after it.
        consistent: Whether the database is sound and holds each trial once, ended, with the score
            of the folder.
    """

    target: str
    kills: int
    asked: int
    finished: int
    lost: int
    doubled: int
    restarted: int
    zombies: int
    consistent: bool

    def with_left_over(self, processes: int) -> Damage:
        """Return the same with further processes that were left over."""
        return replace(self, zombies=self.zombies + processes)


def assess(storm: Storm) -> Damage:
    """Return what is left of a study whose storm is over and whose target is still there."""
    runs = StudyFolder(storm.folder).runs()
    ended = [run for run in runs if run.role == "search" and run.ended]
    stored = _stored(storm)
    told = {run.key: run.score for run in ended if run.score is not None}
    scores = {f"{number:04d}": score for number, _, score in stored.rows if score is not None}
    return Damage(
        target=storm.target.name,
        kills=storm.kills,
        asked=storm.trials,
        finished=sum(run.state in (TrialState.FINISHED, TrialState.PRUNED) for run in ended),
        lost=storm.trials - len({run.key for run in ended}) + storm.changed,
        doubled=_repeated([run.key for run in ended])
        + _repeated([number for number, _, _ in stored.rows])
        + sum(map(_repeated_epochs, storm.folder.rglob("history.jsonl"))),
        restarted=sum(map(_restarts, runs)),
        zombies=left_over(storm, only_search=True),
        consistent=stored.is_sound and scores == told and stored.has_ended(storm.trials),
    )


def left_over(storm: Storm, *, only_search: bool) -> int:
    """Return how many processes of a study outlive it.

    Args:
        storm: The study's storm.
        only_search: Leave out what belongs to the target, such as the cluster itself.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        living = [
            process
            for process in marked(storm.folder)
            if not only_search or storm.target.is_of_search(process)
        ]
        if not living or time.monotonic() > deadline:
            return len(living)
        time.sleep(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What the database says: (number, state, score) of each trial."""

    rows: tuple[tuple[int, str, float | None], ...]
    is_sound: bool

    def has_ended(self, trials: int) -> bool:
        """Whether all trials have ended; a number that nobody needed waits for a longer study."""
        return all(
            state in ENDED if number < trials else state == "WAITING"
            for number, state, _ in self.rows
        )


ENDED = ("COMPLETE", "FAIL")
QUERY = text(
    "select number, cast(state as varchar(20)), value from trials "
    "left join trial_values using (trial_id) order by number"
)


def _stored(storm: Storm) -> _Stored:
    url = storm.target.part.storage
    address = f"sqlite:///{storm.folder / 'study.db'}" if url is None else driver_url(url)
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            rows = tuple((row[0], row[1], row[2]) for row in connection.execute(QUERY))
            checked = (
                url is not None or connection.execute(text("pragma integrity_check")).scalar_one()
            )
    finally:
        engine.dispose()
    return _Stored(rows=rows, is_sound=checked in (True, "ok"))


def _repeated(items: list[str] | list[int]) -> int:
    return len(items) - len(set(items))


def _restarts(run: RunRecord) -> int:
    return sum(event.kind in ("restarted", "resumed") for event in run.events)


def _repeated_epochs(history: Path) -> int:
    """Return how many epochs a history holds more than once."""
    entries = [json.loads(line) for line in history.read_text().splitlines()]
    epochs = Counter(entry["epoch"] for entry in entries if entry["kind"] == "epoch")
    return sum(count - 1 for count in epochs.values())
