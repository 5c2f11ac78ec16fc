"""Where the time of one trial goes, as a search would run it: with its files and its verdicts."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from accelerate import Accelerator

import tuner.training.fine_tune
import tuner.training.loader
import tuner.training.trainer
from benchmarks.support.clock import CLOCKS
from benchmarks.support.phases import REST, PhaseClock
from benchmarks.support.setting import open_material
from benchmarks.support.timing import Plan
from tuner.engine import Job, Verdict
from tuner.engines.in_process import open_workbench
from tuner.training.batches import LengthBatchSampler
from tuner.training.best_model import BestModel
from tuner.training.fine_tune import fine_tune
from tuner.training.garbage import only_new_garbage
from tuner.training.predict import _Run
from tuner.training.pristine import PristineModel
from tuner.training.trainer import FineTuningTrainer
from tuner.trial import EpochReport, TrialState

__all__ = ["ARITHMETIC", "EVALUATION", "PHASES", "TrialPhases", "profile_trial"]

FORWARD, BACKWARD, OPTIMIZER = "forward", "backward", "optimizer"
DATA, EVALUATION, SCORING = "data and padding", "evaluation, forward", "evaluation, the rest"
MODEL, CHECKPOINT, RESTORE = "best model and predictions", "checkpoint", "restored weights"
PHASES = (
    FORWARD, BACKWARD, OPTIMIZER, DATA, EVALUATION, SCORING, MODEL, CHECKPOINT, RESTORE, REST,
)  # fmt: skip
"""All phases. Clipping, the schedule and zeroing of gradients belong to the optimizer; `rest` is
the Trainer's own loop, its callbacks and what it sets up."""

ARITHMETIC = (FORWARD, BACKWARD, OPTIMIZER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPhases:
    """What one trial's time went into.

    Attributes:
        seconds: Phase to seconds, for all of `PHASES`.
        epochs: Epochs trained.
        tokens: Real sub-tokens trained on.
    """

    seconds: dict[str, float]
    epochs: int
    tokens: int

    @property
    def total(self) -> float:
        """Seconds of the whole trial."""
        return sum(self.seconds.values())

    def share(self, *phases: str) -> float:
        """Share of some phases in the whole."""
        return sum(self.seconds[phase] for phase in phases) / self.total


def profile_trial(plan: Plan, clock: str) -> TrialPhases:
    """Run a trial and count its time by phase.

    Args:
        plan: The trial.
        clock: Name in `CLOCKS`.

    Raises:
        RuntimeError: The training failed.
    """
    material = open_material(plan.setting, plan.spec.seed)
    bench = open_workbench(
        material.data, material.source, material.device, max_length=plan.setting.max_length
    )
    waits = torch.cuda.synchronize if material.device.kind == "cuda" else None
    phases = PhaseClock(CLOCKS[clock], waits)
    reports: list[EpochReport] = []

    def note(report: EpochReport) -> Verdict:
        reports.append(report)
        return Verdict()

    with tempfile.TemporaryDirectory() as folder, _assigned(phases):
        job = Job(key="phases", spec=plan.spec, directory=Path(folder), keep_above=None)
        with phases.phase(REST), only_new_garbage():
            outcome = fine_tune(bench, job, note, lambda: False)
    if outcome.state is not TrialState.FINISHED:
        raise RuntimeError(outcome.reason)
    return TrialPhases(
        seconds={name: phases.seconds.get(name, 0.0) for name in PHASES},
        epochs=len(reports),
        tokens=sum(report.tokens for report in reports),
    )


@contextlib.contextmanager
def _assigned(phases: PhaseClock) -> Iterator[None]:
    functions = [
        (FineTuningTrainer, "_micro_batch", FORWARD),
        (Accelerator, "backward", BACKWARD),
        (Accelerator, "clip_grad_norm_", OPTIMIZER),
        (torch.nn.Module, "zero_grad", OPTIMIZER),
        (tuner.training.loader, "collate", DATA),
        (tuner.training.trainer, "evaluate", SCORING),
        (_Run, "_predict", EVALUATION),
        (BestModel, "keep", MODEL),
        (tuner.training.fine_tune, "write_predictions", MODEL),
        (FineTuningTrainer, "_save_checkpoint", CHECKPOINT),
        (FineTuningTrainer, "seal", CHECKPOINT),
        (PristineModel, "restore", RESTORE),
    ]
    batches = phases.steps(LengthBatchSampler.__iter__, DATA)
    with (
        phases.assigned(functions),
        patch.object(LengthBatchSampler, "__iter__", batches),
        patch.object(FineTuningTrainer, "create_optimizer", _timing_optimizer(phases)),
    ):
        yield


def _timing_optimizer(phases: PhaseClock) -> Callable[..., Any]:
    """Return a `create_optimizer` whose optimizer counts the time of its steps."""
    create = FineTuningTrainer.create_optimizer

    def create_timed(self: FineTuningTrainer, model: Any = None) -> torch.optim.Optimizer:
        optimizer = create(self, model)
        optimizer.step = phases.timed(optimizer.step, OPTIMIZER)  # type: ignore[method-assign]
        return optimizer

    return create_timed
