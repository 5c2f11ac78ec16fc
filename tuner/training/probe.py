"""How long an epoch will take and how much memory it needs, measured on a few batches."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from tuner.training.batches import PADDING_BUDGET, LengthBatchSampler, cut_pieces, piece_tokens_of
from tuner.training.fine_tune import Workbench
from tuner.training.memory import is_out_of_memory, release_memory
from tuner.training.predict import collate
from tuner.trial import TrialSpec

__all__ = ["Probe", "probe"]

MEASURED_BATCHES = 4
"""Batches from the shortest to the longest. The fastest of them counts: other work on the machine
only ever slows a step, on few cores ten times and more."""

LONGEST_SECONDS = 10.0
"""The probe stops after so long, with what it has measured until then."""

EVALUATION_COST = 1 / 3
"""Cost of a forward pass as a share of forward and backward (Kaplan et al. 2020: 1 of 3 parts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a few training steps told.

    Attributes:
        seconds_per_epoch: Expected time of an epoch, evaluation included.
        peak_bytes: Peak memory of the accelerator on the longest batch; None on a CPU.
        how: How it was measured, one sentence.
    """

    seconds_per_epoch: float
    peak_bytes: int | None
    how: str


def probe(bench: Workbench, spec: TrialSpec) -> Probe | None:
    """Time a few training steps at the settings of `spec`.

    The weights that the steps change are restored by the next training, as always.

    Returns:
        The expectation; None when not even these steps fit into memory, which the first training
        will handle.
    """
    try:
        seconds_per_token = _measure(bench, spec)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    finally:
        bench.model.model.zero_grad(set_to_none=True)
        release_memory()
    work = bench.train.ids.size / (1 - PADDING_BUDGET) + bench.dev.ids.size * EVALUATION_COST
    cuda = bench.device.kind == "cuda"
    return Probe(
        seconds_per_epoch=seconds_per_token * work,
        peak_bytes=torch.cuda.max_memory_allocated() if cuda else None,
        how=f"Measured on {MEASURED_BATCHES} training batches of {spec.batch_size}.",
    )


def _measure(bench: Workbench, spec: TrialSpec) -> float:
    """Run a few steps and return the seconds per padded token of the fastest."""
    device = bench.device.torch_device
    model = bench.model.restore(spec).to(device).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, fused=True)
    lengths = bench.train.lengths
    longest = int(lengths.argmax())
    piece_tokens = piece_tokens_of(device.type)
    batches = list(LengthBatchSampler(lengths, spec.batch_size, spec.seed, piece_tokens))
    by_cost = sorted(batches, key=lambda rows: int(lengths[rows].sum()))
    picks = np.linspace(0, len(by_cost) - 1, MEASURED_BATCHES).round().astype(int)
    # The first step warms up, and holds the longest row so that the peak memory is a true one.
    steps = [next(rows for rows in batches if longest in rows), *(by_cost[pick] for pick in picks)]
    fastest = math.inf
    began = time.monotonic()
    for rows in steps:
        parts = _parts(bench, rows, piece_tokens, device)
        size, started = sum(part["input_ids"].numel() for part in parts), time.monotonic()
        _step(bench, model, optimizer, parts)
        fastest = min(fastest, (time.monotonic() - started) / size)
        if time.monotonic() - began > LONGEST_SECONDS:
            break
    return fastest


def _parts(
    bench: Workbench, rows: list[int], piece_tokens: int, device: torch.device
) -> list[dict[str, torch.Tensor]]:
    """Collate a batch in the pieces in which it would be trained."""
    lengths = bench.train.lengths
    falling = sorted(rows, key=lambda row: -int(lengths[row]))
    padding = bench.source.tokenizer.pad_token_id
    return [
        collate(bench.train, falling[piece], padding, device)
        for piece in cut_pieces(lengths[falling], piece_tokens)
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
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if bench.device.kind == "cuda":
        torch.cuda.synchronize()
