"""One search that several arms do under the same conditions, and how ours does it."""

from __future__ import annotations

import functools
import importlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import tuner.ready_search
from benchmarks.support.clock import CLOCKS, WALL
from benchmarks.support.score_over_time import Trace, points_within
from benchmarks.support.setting import Setting
from tuner.api import search
from tuner.search.loop import run_search
from tuner.silent import SilentStudy
from tuner.space import SearchSpace
from tuner.study_file import read_study_file
from tuner.study_view import StudySnapshot
from tuner.trial import TrialSpec

__all__ = ["MANY_TRIALS", "OURS", "Contest", "read_space", "search_tuner"]

for _loaded in ("scipy.stats", "tuner.engines.in_process", "tuner.search.optuna_bridge"):
    importlib.import_module(_loaded)  # a search imports them late; the clock leaves libraries out

OURS = "tuner"
MANY_TRIALS = 10_000
"""More than any budget here holds, so that it is the time that ends a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One search, the same for every arm.

    Attributes:
        data: What the data set is called in tables.
        setting: Data, model and device.
        seed: Seed of the search and of its trainings.
        seconds: Time of the search.
        clock: What these seconds are, a name in `CLOCKS`.
        space: Study file with the space, and with the recipe for all that is not searched.
    """

    data: str
    setting: Setting
    seed: int
    seconds: float
    clock: str = WALL
    space: str


def read_space(name: str) -> tuple[SearchSpace, TrialSpec]:
    """Return the space and the recipe of a study file.

    Raises:
        UsageError: There is no such file, or it is wrong.
        SystemExit: It lacks one of the two.
    """
    file = read_study_file(name)
    if file.space is None or file.recipe is None:
        raise SystemExit(f"The study {name!r} needs a [space] and a [recipe].")
    return file.space, file.recipe


class _Watch(SilentStudy):
    """Notes the time, the epochs done and the best F1 whenever something happens."""

    def __init__(self, clock: str) -> None:
        self._now = CLOCKS[clock]
        self._start = self._now()
        self.moments: list[tuple[float, dict[str, int], float]] = []

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        epochs = {row.key: row.epoch for row in snapshot.rows}
        best = max((row.score or 0.0 for row in snapshot.rows), default=0.0)
        self.moments.append((self._now() - self._start, epochs, best))


def search_tuner(contest: Contest) -> Trace:
    """Run our search, without the confirmation by further seeds.

    Its time budget is counted by the contest's clock, which the search takes but no user chooses.
    """
    watch = _Watch(contest.clock)
    clocked = functools.partial(run_search, clock=CLOCKS[contest.clock])
    setting = contest.setting
    with (
        tempfile.TemporaryDirectory() as runs,
        patch.object(tuner.ready_search, "run_search", clocked),
    ):
        summary = search(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            max_length=setting.max_length,
            device=setting.device,
            space=contest.space,
            trials=MANY_TRIALS,
            time_budget=contest.seconds,
            confirm=0,
            seed=contest.seed,
            runs_dir=runs,
            observer=watch,
        )
        tokens = _tokens_by_epoch(summary.directory)
    return Trace(
        arm=OURS,
        data=contest.data,
        seed=contest.seed,
        points=points_within(_evaluations(watch, tokens), contest.seconds),
        trials=len(summary.rows),
        handed_over=summary.winner.scores.f1 if summary.winner else None,
    )


def _tokens_by_epoch(study: Path) -> dict[str, list[int]]:
    """Read how many real tokens each epoch of each trial trained on."""
    tokens: dict[str, list[int]] = {}
    for history in sorted(study.glob("trials/*/history.jsonl")):
        entries = map(json.loads, history.read_text(encoding="utf-8").splitlines())
        epochs = [entry["tokens"] for entry in entries if entry["kind"] == "epoch"]
        tokens[history.parent.name] = epochs
    return tokens


def _evaluations(
    watch: _Watch, tokens: Mapping[str, Sequence[int]]
) -> Iterator[tuple[float, int, float]]:
    for seconds, epochs, best in watch.moments:
        yield seconds, sum(sum(tokens.get(key, [])[:done]) for key, done in epochs.items()), best
