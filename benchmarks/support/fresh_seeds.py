"""What a search names as its best, in each of the ways it can, trained again with fresh seeds."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.journal import Journal
from benchmarks.support.setting import Setting
from benchmarks.support.small_training import open_small
from tuner.api import search
from tuner.engine import Job, Verdict
from tuner.engines.in_process import InProcessEngine
from tuner.study_view import StudySummary
from tuner.training.fine_tune import fine_tune
from tuner.trial import EpochReport, TrialSpec, TrialState

__all__ = [
    "ALL_SEEDS",
    "FURTHER",
    "SINGLE",
    "Fresh",
    "Named",
    "Searched",
    "named_by",
    "run_study",
    "train_fresh",
]

SINGLE, ALL_SEEDS, FURTHER = "best single score", "mean of all seeds", "mean of further seeds"

FRESH_FROM = 5000
"""Seeds from here on are fresh: no search and no confirmation uses them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Settings that a search names as its best in one of the ways, and the score it reports."""

    way: str
    number: int
    spec: TrialSpec
    reported: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """One study: what it named, in each of the ways."""

    data: str
    seed: int
    named: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Settings that a study named, trained with a fresh seed."""

    data: str
    study: int
    number: int
    seed: int
    dev_f1: float
    test_f1: float


def run_study(setting: Setting, label: str, seed: int, options: argparse.Namespace) -> Searched:
    """Search, and keep what the search names.

    Raises:
        SystemExit: No trial finished.
    """
    with tempfile.TemporaryDirectory() as runs:
        summary = search(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            max_length=setting.max_length,
            device=setting.device,
            space=options.space,
            trials=options.trials,
            confirm=options.confirm,
            seed=seed,
            runs_dir=runs,
        )
    return Searched(data=label, seed=seed, named=tuple(named_by(summary)))


def named_by(summary: StudySummary) -> Iterator[Named]:
    """Yield what a search names, in each of the ways.

    Raises:
        SystemExit: No trial finished.
    """
    winner = summary.winner
    finished = [
        row
        for row in summary.rows
        if row.state is TrialState.FINISHED and row.origin != "confirm" and row.score is not None
    ]
    if winner is None or not finished:
        raise SystemExit("No trial finished, so there is nothing to compare.")
    best = max(finished, key=lambda row: (row.score, -row.number))
    yield Named(way=SINGLE, number=best.number, spec=best.spec, reported=best.score or 0.0)
    yield Named(way=ALL_SEEDS, number=winner.number, spec=winner.spec, reported=winner.mean)
    if winner.fresh_mean is not None:
        yield Named(way=FURTHER, number=winner.number, spec=winner.spec, reported=winner.fresh_mean)


class Trainings:
    """Trains the settings of one study with fresh seeds.

    Args:
        setting: Data, model and device of the study.
        seed: Its seed, which also decided its sample.
    """

    def __init__(self, setting: Setting, seed: int) -> None:
        data, self._bench = open_small(setting, seed)
        self._engine = InProcessEngine(self._bench, data)

    def train(self, spec: TrialSpec) -> tuple[float, float]:
        """Train once and return the best development F1 and the test F1 of that epoch's model.

        Raises:
            SystemExit: The training failed.
        """
        scores: list[float] = []

        def note(report: EpochReport) -> Verdict:
            scores.append(report.scores.f1)
            return Verdict()

        with tempfile.TemporaryDirectory() as folder:
            job = Job(key="fresh", spec=spec, directory=Path(folder), keep_above=-1.0)
            outcome = fine_tune(self._bench, job, note, lambda: False)
            if outcome.state is not TrialState.FINISHED:
                raise SystemExit(f"A training {outcome.state}: {outcome.reason}")
            return max(scores), self._engine.evaluate(Path(folder) / "best", "test").f1


def train_fresh(
    study: Searched, setting: Setting, count: int, journal: Journal[Fresh], known: Sequence[Fresh]
) -> Iterator[Fresh]:
    """Train what a study named with fresh seeds, unless that was done before."""
    done = {(each.data, each.study, each.number, each.seed): each for each in known}
    trainings: Trainings | None = None
    for number, spec in {named.number: named.spec for named in study.named}.items():
        for seed in range(FRESH_FROM, FRESH_FROM + count):
            fresh = done.get((study.data, study.seed, number, seed))
            if fresh is None:
                trainings = trainings or Trainings(setting, study.seed)
                dev, test = trainings.train(replace(spec, seed=seed))
                fresh = Fresh(
                    data=study.data,
                    study=study.seed,
                    number=number,
                    seed=seed,
                    dev_f1=dev,
                    test_f1=test,
                )
                journal.add(fresh)
            yield fresh
