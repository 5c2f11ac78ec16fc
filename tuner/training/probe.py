"""How long an epoch will take and how much memory it needs, measured on a few batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from tuner.epoch_cost import EpochCost
from tuner.evaluation_pace import epochs_between
from tuner.training.batches import padding_share
from tuner.training.fine_tune import Workbench
from tuner.training.memory import is_out_of_memory, release_memory
from tuner.training.probe_steps import (
    Timed,
    epoch_batches,
    piece_tokens,
    probe_sizes,
    timed_steps,
)
from tuner.training.step_times import median_step, scatter, step_cost
from tuner.trial import TrialSpec

__all__ = ["Probe", "probe"]

LOOP_PER_STEP = 0.0018
LOOP_PER_EPOCH = 0.044
LOOP_PER_TRAINING = 0.06
"""Seconds beside the model: the Trainer's work per step; scoring, records and the answer of the
loop per epoch; building and ending a Trainer. Processor time, fitted to nine trainings of a tiny
encoder; next to nothing for larger ones."""

SECONDS_PER_BYTE_SAVED = 1e-9
"""For writing the weights after an epoch that is the best so far, taken to be every second one,
where no accelerator trains on meanwhile. An encoder of 62 MB takes 0.12 s of a CPU each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a few training steps told.

    Attributes:
        cost: What epochs take at any batch size.
        seconds_per_epoch: Of an epoch at the probed settings, evaluation included.
        peak_bytes: Peak memory of the accelerator on the longest batch; None on a CPU.
        how: How it was measured, one sentence.
    """

    cost: EpochCost
    seconds_per_epoch: float
    peak_bytes: int | None
    how: str


def probe(
    bench: Workbench, spec: TrialSpec, clock: Callable[[], float] = time.perf_counter
) -> Probe | None:
    """Time training steps at the settings of `spec` and at smaller batches, short and long ones.

    The weights that the steps change are restored by the next training, as always.

    Args:
        bench: What all trainings share.
        spec: Settings; its learning rate is of no importance.
        clock: Seconds on a clock that never goes back.

    Returns:
        The expectation; None when not even these steps fit into memory, which the first training
        will handle.
    """
    try:
        # In a thread of its own, as trainings are: on busy cores the main thread, whose pool of
        # OpenMP threads others have used before, was seen to take ten times as long for a step.
        with ThreadPoolExecutor(1, thread_name_prefix="probe") as own:
            timed = own.submit(timed_steps, bench, spec, clock).result()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    finally:
        bench.model.model.zero_grad(set_to_none=True)
        release_memory()
    pause = epochs_between(bench.train.ids.size, bench.dev.ids.size, spec)
    cost = _cost(bench, spec, timed, pause)
    cuda = bench.device.kind == "cuda"
    return Probe(
        cost=cost,
        seconds_per_epoch=cost.of_epoch(spec.batch_size),
        peak_bytes=torch.cuda.max_memory_allocated() if cuda else None,
        how=_told(bench, spec, pause),
    )


def _cost(bench: Workbench, spec: TrialSpec, timed: Timed, pause: int) -> EpochCost:
    """Make the cost of epochs of what was timed, each `pause`-th of which is scored."""
    per_step, per_token = step_cost([median_step(own) for own in timed.kinds])
    batches = epoch_batches(bench, spec.batch_size, spec.seed)
    padding = padding_share(
        [np.asarray(rows) for rows in batches], bench.train.lengths, piece_tokens(bench)
    )
    evaluation = timed.evaluation + LOOP_PER_EPOCH
    weights = sum(one.numel() * one.element_size() for one in bench.model.model.parameters())
    saving = SECONDS_PER_BYTE_SAVED * weights if bench.device.kind == "cpu" else 0.0
    return EpochCost(
        per_epoch=per_token * bench.train.ids.size / (1 - padding) + (evaluation + saving) / pause,
        per_step=per_step + LOOP_PER_STEP,
        rows=len(bench.train),
        per_training=timed.restoring + LOOP_PER_TRAINING,
        scatter=scatter(timed.kinds, per_step, per_token),
        evaluation=evaluation,
    )


def _told(bench: Workbench, spec: TrialSpec, pause: int) -> str:
    sizes = " and ".join(map(str, sorted(probe_sizes(spec))))
    how = f"Measured on short and long training batches of {sizes}."
    if pause == 1:
        return how
    times = bench.dev.ids.size / bench.train.ids.size
    return (
        f"{how} Trainings are scored every {pause} epochs, since the development split has "
        f"{times:.1f} times the sub-tokens of the training split."
    )
