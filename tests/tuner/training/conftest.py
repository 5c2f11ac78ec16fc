"""A workbench with a tiny model, and a way to run one training on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from tuner.data import TaskData, load_data
from tuner.engine import Job, Verdict
from tuner.engines.in_process import open_workbench
from tuner.training.device import choose_device
from tuner.training.fine_tune import Workbench, fine_tune
from tuner.training.model_source import open_model
from tuner.trial import EpochReport, TrialOutcome, TrialSpec

torch.set_num_threads(1)


@dataclass
class Trained:
    """What one training reported."""

    outcome: TrialOutcome
    reports: list[EpochReport] = field(default_factory=list)

    @property
    def losses(self) -> list[float]:
        return [report.train_loss for report in self.reports]

    @property
    def f1s(self) -> list[float]:
        return [report.scores.f1 for report in self.reports]


def run(
    bench: Workbench,
    folder: Path,
    spec: TrialSpec,
    *,
    resume: bool = False,
    keep_above: float | None = None,
    verdicts: dict[int, Verdict] | None = None,
    abort_after: int | None = None,
    stop_after: int | None = None,
) -> Trained:
    """Train one spec; `verdicts` maps an epoch to the answer to its report."""
    folder.mkdir(exist_ok=True)
    job = Job(key=folder.name, spec=spec, directory=folder, resume=resume, keep_above=keep_above)
    reports: list[EpochReport] = []
    steps = asked = 0

    def on_report(report: EpochReport) -> Verdict:
        reports.append(report)
        return (verdicts or {}).get(report.epoch, Verdict())

    def should_abort() -> bool:
        nonlocal steps
        steps += 1
        return abort_after is not None and steps > abort_after

    def stop_reason() -> str:
        nonlocal asked
        asked += 1
        return "time is up" if stop_after is not None and asked >= stop_after else ""

    outcome = fine_tune(bench, job, on_report, should_abort, stop_reason=stop_reason)
    return Trained(outcome, reports)


@pytest.fixture(scope="session")
def easy(easy_data: Path) -> TaskData:
    return load_data(easy_data)


@pytest.fixture
def bench(tiny_model: Path, easy: TaskData) -> Workbench:
    source = open_model(str(tiny_model))
    return open_workbench(easy, source, choose_device("cpu"), checkpoint_every=0.0)


@pytest.fixture(scope="session")
def train_once() -> Callable[..., Trained]:
    return run


SPEC = TrialSpec(learning_rate=3e-3, batch_size=8, epochs=3)


@pytest.fixture(scope="session")
def spec() -> TrialSpec:
    return SPEC
