"""Studies small enough to be really trained in tests, and observers that remember."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study_view import StudyPlan, StudySnapshot, StudySummary
from tuner.train_view import RunFacts, TrainResult
from tuner.trial import EpochReport, TrialSpec

HEAVY_MODULES = (
    "tuner.api",
    "tuner.engines.in_process",
    "tuner.search.optuna_bridge",
    "tuner.training.probe",
    "transformers.models.bert.modeling_bert",
)


def prepare_process() -> None:
    """Make trainings of a second cheap.

    Each of them collects garbage a few times, which takes longer than itself while a million
    objects of the imported libraries are looked at every time.
    """
    torch.set_num_threads(1)
    for name in HEAVY_MODULES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


prepare_process()

RECIPE = TrialSpec(learning_rate=1e-2, batch_size=8, epochs=3, warmup_ratio=0.1)
"""The tiny model reaches F1 = 0.9 and more with it on the easy data."""

SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=3e-3, high=2e-2),
        "batch_size": PowersOfTwo(low=4, high=16),
        "epochs": WholeRange(low=2, high=4),
    },
    reasons={"learning_rate": "the model is tiny"},
)

STUDY_FILE = """\
description = "A study for a tiny model."

[recipe]
learning_rate = 1e-2
batch_size = 8
epochs = 3
warmup_ratio = 0.1

[space.learning_rate]
low = 3e-3
high = 2e-2

[space.batch_size]
low = 4
high = 16

[space.epochs]
low = 2
high = 4
"""
"""The same as TOML, for the command line."""


def write_study_file(folder: Path, text: str = STUDY_FILE) -> Path:
    """Write a study file and return its path."""
    path = folder / "tiny.toml"
    path.write_text(text, encoding="utf-8")
    return path


@dataclass
class StudyWatcher:
    """Remembers what a search shows; `on_update` may interfere."""

    on_update: Callable[[StudySnapshot, str], None] = lambda snapshot, note: None
    plans: list[StudyPlan] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    summaries: list[StudySummary] = field(default_factory=list)

    def plan(self, plan: StudyPlan) -> None:
        self.plans.append(plan)

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        self.notes.append(note)
        self.on_update(snapshot, note)

    def tick(self, snapshot: StudySnapshot) -> None:
        pass

    def finish(self, summary: StudySummary) -> None:
        self.summaries.append(summary)


@dataclass
class TrainWatcher:
    """Remembers what a training shows; `on_epoch` may interfere."""

    on_epoch: Callable[[EpochReport], None] = lambda report: None
    runs: list[RunFacts] = field(default_factory=list)
    epochs: list[EpochReport] = field(default_factory=list)
    trained: list[float] = field(default_factory=list)
    results: list[TrainResult] = field(default_factory=list)

    def started(self, run: RunFacts) -> None:
        self.runs.append(run)

    def epoch(self, report: EpochReport) -> None:
        self.epochs.append(report)
        self.on_epoch(report)

    def progress(self, epochs: float) -> None:
        self.trained.append(epochs)

    def ended(self, result: TrainResult) -> None:
        self.results.append(result)


def scored(reports: Any) -> list[tuple[Any, ...]]:
    """Return what a training decides about its epochs, without how long they took."""
    return [
        (
            report.epoch,
            report.step,
            report.train_loss,
            report.scores.loss,
            report.scores.f1,
            report.scores.accuracy,
        )
        for report in reports
    ]


def trial_results(summary: StudySummary) -> list[tuple[Any, ...]]:
    """Return what each trial of a search was and how it ended."""
    return [
        (row.key, row.spec, row.state, row.score, row.best_epoch)
        for row in summary.rows
        if row.origin != "confirm"
    ]
