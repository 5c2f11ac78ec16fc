"""How long an epoch will take and how much memory it needs, measured on a few batches."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from tuner.epoch_cost import EpochCost
from tuner.training.batches import (
    LengthBatchSampler,
    cut_pieces,
    padding_share,
    piece_tokens_of,
)
from tuner.training.fine_tune import Workbench
from tuner.training.memory import is_out_of_memory, release_memory
from tuner.training.predict import collate
from tuner.training.step_times import StepTime, median_step, step_cost
from tuner.trial import TrialSpec

__all__ = ["Probe", "probe"]

LENGTHS = (0.25, 0.75)
"""Batches are taken from these places of the order by cost: a short and a long one."""

SMALLER = 4
"""The second batch size is the recipe's divided by this."""

LEAST_SECONDS = 1.0
LONGEST_SECONDS = 10.0
"""The probe lasts at least so long, and stops after so long with what it has measured until then;
each of the four kinds of batches is measured at least `LEAST_ROUNDS` times in between."""

LEAST_ROUNDS = 3
MOST_ROUNDS = 200

EVALUATION_COST = 1 / 3
"""Cost of a forward pass as a share of forward and backward (Kaplan et al. 2020: 1 of 3 parts)."""

LOOP_PER_STEP = 0.0018
LOOP_PER_EPOCH = 0.044
LOOP_PER_TRAINING = 0.06
"""Seconds beside the model: the Trainer's work per step; scoring, records and the answer of the
loop per epoch; building and ending a Trainer. Processor time, fitted to nine trainings of a tiny
encoder; next to nothing for larger ones."""

MOST_NORM = 1.0
"""Gradients are clipped as transformers does by default, because that takes time too."""


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
            steps, restoring = own.submit(_measure, bench, spec, clock).result()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    finally:
        bench.model.model.zero_grad(set_to_none=True)
        release_memory()
    per_step, per_token = step_cost(steps)
    batches = _batches(bench, spec.batch_size, spec.seed)
    padding = padding_share(
        [np.asarray(rows) for rows in batches], bench.train.lengths, _pieces(bench)
    )
    work = bench.train.ids.size / (1 - padding) + bench.dev.ids.size * EVALUATION_COST
    cost = EpochCost(
        per_epoch=per_token * work + LOOP_PER_EPOCH,
        per_step=per_step + LOOP_PER_STEP,
        rows=len(bench.train),
        per_training=restoring + LOOP_PER_TRAINING,
    )
    cuda = bench.device.kind == "cuda"
    return Probe(
        cost=cost,
        seconds_per_epoch=cost.of_epoch(spec.batch_size),
        peak_bytes=torch.cuda.max_memory_allocated() if cuda else None,
        how=f"Measured on short and long training batches of {_sizes_in_words(spec)}.",
    )


def _measure(
    bench: Workbench, spec: TrialSpec, clock: Callable[[], float]
) -> tuple[list[StepTime], float]:
    """Run steps of four kinds in turn; return their median times, and the time of a restoration."""
    device = bench.device.torch_device
    bench.model.restore(spec)
    began = clock()
    model = bench.model.restore(spec).to(device).train()
    restoring = clock() - began
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, fused=True)
    timer = _Timer(bench, model, optimizer, clock)
    # The first step warms up, and holds the longest row so that the peak memory is a true one.
    longest = int(bench.train.lengths.argmax())
    batches = _batches(bench, spec.batch_size, spec.seed)
    timer.step(next(rows for rows in batches if longest in rows))
    kinds = _kinds(bench, spec)
    times: list[list[tuple[int, float]]] = [[] for _ in kinds]
    for done, (number, place) in enumerate(
        itertools.product(range(MOST_ROUNDS), range(len(kinds)))
    ):
        if done and _is_enough(clock() - began, number):
            break
        kind = kinds[place]
        times[place].append(timer.step(kind[number % len(kind)]))
    return [median_step(own) for own in times if own], restoring


def _is_enough(seconds: float, rounds: int) -> bool:
    return seconds > LONGEST_SECONDS or (seconds > LEAST_SECONDS and rounds >= LEAST_ROUNDS)


def _kinds(bench: Workbench, spec: TrialSpec) -> list[list[list[int]]]:
    """Return four kinds of real batches: two sizes, and around two places of the order by cost."""
    lengths = bench.train.lengths
    kinds = []
    for size in dict.fromkeys((spec.batch_size, max(spec.batch_size // SMALLER, 1))):
        batches = _batches(bench, size, spec.seed)
        by_cost = sorted(batches, key=lambda rows: int(lengths[rows].sum()))
        for share in LENGTHS:
            middle = round(share * (len(by_cost) - 1))
            width = len(by_cost) // 8
            kinds.append(by_cost[max(middle - width, 0) : middle + width + 1])
    return kinds


def _batches(bench: Workbench, batch_size: int, seed: int) -> list[list[int]]:
    return list(LengthBatchSampler(bench.train.lengths, batch_size, seed, _pieces(bench)))


def _pieces(bench: Workbench) -> int:
    return piece_tokens_of(bench.device.kind)


def _sizes_in_words(spec: TrialSpec) -> str:
    smaller = max(spec.batch_size // SMALLER, 1)
    if smaller == spec.batch_size:
        return f"{spec.batch_size}"
    return f"{smaller} and {spec.batch_size}"


class _Timer:
    """Runs training steps and times them."""

    def __init__(
        self,
        bench: Workbench,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        clock: Callable[[], float],
    ) -> None:
        self._bench = bench
        self._model = model
        self._optimizer = optimizer
        self._clock = clock

    def step(self, rows: list[int]) -> tuple[int, float]:
        """Train on a batch; return its tokens, padding included, and the seconds."""
        started = self._clock()
        parts = _parts(self._bench, rows)
        size = sum(part["input_ids"].numel() for part in parts)
        _step(self._bench, self._model, self._optimizer, parts)
        return size, self._clock() - started


def _parts(bench: Workbench, rows: list[int]) -> list[dict[str, torch.Tensor]]:
    """Collate a batch in the pieces in which it would be trained."""
    lengths = bench.train.lengths
    falling = sorted(rows, key=lambda row: -int(lengths[row]))
    padding = bench.source.tokenizer.pad_token_id
    device = bench.device.torch_device
    return [
        collate(bench.train, falling[piece], padding, device)
        for piece in cut_pieces(lengths[falling], _pieces(bench))
    ]


def _step(
    bench: Workbench,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    parts: list[dict[str, torch.Tensor]],
) -> None:
    for inputs in parts:
        labels = inputs.pop("labels")
        with torch.autocast(bench.device.kind, torch.bfloat16, enabled=bench.device.bf16):
            loss = bench.task.loss_sum(model(**inputs).logits, labels, 0.0)
        loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), MOST_NORM)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if bench.device.kind == "cuda":
        torch.cuda.synchronize()
