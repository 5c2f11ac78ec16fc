"""Trainings by `tuner.training`, without a search around them and without saved weights."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from benchmarks.support.setting import Setting
from tuner.data import TaskData, load_data
from tuner.engine import Job, Verdict
from tuner.opening import open_bench
from tuner.training.fine_tune import Workbench, fine_tune
from tuner.trial import EpochReport, TrialOutcome, TrialSpec

__all__ = ["open_small", "train_unsaved"]


def open_small(setting: Setting, seed: int) -> tuple[TaskData, Workbench]:
    """Load data and model once for several trainings, none of which writes checkpoints.

    Args:
        setting: Data, model and device.
        seed: Decides the sample, and the development split where one has to be made.
    """
    data = load_data(setting.data, seed=seed, sample=setting.sample)
    bench = open_bench(data, setting.model, setting.device, setting.max_length, None, math.inf)
    return data, bench


def train_unsaved(bench: Workbench, spec: TrialSpec) -> tuple[TrialOutcome, list[EpochReport]]:
    """Train once, in a folder that is deleted afterwards; no weights are saved."""
    reports: list[EpochReport] = []

    def note(report: EpochReport) -> Verdict:
        reports.append(report)
        return Verdict(keep_above=math.inf)

    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        job = Job(key="run", spec=spec, directory=Path(folder), keep_above=math.inf)
        return fine_tune(bench, job, note, lambda: False), reports
