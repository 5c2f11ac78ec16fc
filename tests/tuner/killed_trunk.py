"""A process that trains a trunk and kills itself by SIGKILL after so many steps.

Usage: python killed_trunk.py DATA MODEL FOLDER STEPS
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch

from tuner.data import load_data
from tuner.engine import Job, Verdict
from tuner.engines.in_process import open_workbench
from tuner.training.device import choose_device
from tuner.training.fine_tune import fine_tune
from tuner.training.model_source import open_model
from tuner.trial import TrialSpec, TrunkPlan

SPEC = TrialSpec(
    learning_rate=3e-3,
    batch_size=8,
    epochs=3,
    schedule="trunk",
    trunk=TrunkPlan(counts=(1, 2, 3), cooldown=0.34),
)


def train_until_killed(data: str, model: str, folder: str, steps: str) -> None:
    """Train, a checkpoint as often as there can be one, until so many steps are done."""
    torch.set_num_threads(1)
    bench = open_workbench(
        load_data(data), open_model(model), choose_device("cpu"), checkpoint_every=0.0
    )
    done = 0

    def count(epochs: float) -> None:
        nonlocal done
        done += 1
        if done == int(steps):
            os.kill(os.getpid(), signal.SIGKILL)

    job = Job(key="run", spec=SPEC, directory=Path(folder))
    fine_tune(bench, job, lambda report: Verdict(), lambda: False, count)


if __name__ == "__main__":
    train_until_killed(*sys.argv[1:])
