"""Training steps that are timed and leave no trace: which batches, and how long each takes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tuner.training.batches import LengthBatchSampler, cut_pieces, piece_tokens_of
from tuner.training.fine_tune import Workbench
from tuner.training.memory import split_rows
from tuner.training.predict import collate, evaluation_tokens
from tuner.training.transfer import to_device
from tuner.trial import TrialSpec

__all__ = ["Timed", "epoch_batches", "piece_tokens", "probe_sizes", "timed_steps"]

LENGTHS = (0.25, 0.75)
"""Batches are taken from these places of the order by cost: a short and a long one."""

SMALLER = 4
"""The second batch size is the recipe's divided by this."""

LEAST_SECONDS = 1.0
LONGEST_SECONDS = 10.0
"""The steps last at least so long, and end after so long with what was measured until then; each of
the four kinds of batches is measured at least `LEAST_ROUNDS` times in between."""

LEAST_ROUNDS = 3
MOST_ROUNDS = 200

EVALUATED = 3
"""Batches of an evaluation that are timed after one that warms up: long, middle and short rows."""

MOST_NORM = 1.0
"""Gradients are clipped as transformers does by default, because that takes time too."""

Times = list[tuple[int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What the steps took.

    Attributes:
        kinds: Per kind of batch, tokens (padding included) and seconds of each step.
        restoring: Seconds that restoring the weights took.
        evaluation: Seconds that predicting the development split would take.
    """

    kinds: list[Times]
    restoring: float
    evaluation: float


def timed_steps(bench: Workbench, spec: TrialSpec, clock: Callable[[], float]) -> Timed:
    """Run steps of four kinds in turn, then some batches of an evaluation."""
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
    batches = epoch_batches(bench, spec.batch_size, spec.seed)
    timer.step(next(rows for rows in batches if longest in rows))
    kinds = _kinds(bench, spec)
    times: list[Times] = [[] for _ in kinds]
    for done, (number, place) in enumerate(
        itertools.product(range(MOST_ROUNDS), range(len(kinds)))
    ):
        if done and _is_enough(clock() - began, number):
            break
        kind = kinds[place]
        times[place].append(timer.step(kind[number % len(kind)]))
    return Timed(
        kinds=[own for own in times if own],
        restoring=restoring,
        evaluation=_evaluation(bench, model, clock),
    )


@torch.no_grad()
def _evaluation(bench: Workbench, model: torch.nn.Module, clock: Callable[[], float]) -> float:
    """Predict some batches of the development split as an evaluation would, for all of it."""
    split, device = bench.dev, bench.device.torch_device
    order = np.argsort(-split.lengths, kind="stable")
    limit = evaluation_tokens(device.type, bench.limits)
    batches = [order[rows] for rows in split_rows(split.lengths[order].tolist(), limit)]
    padded = [len(rows) * int(split.lengths[rows[0]]) for rows in batches]
    tokens, seconds = 0, 0.0
    model.eval()
    places = np.linspace(0, len(batches) - 1, EVALUATED).round().astype(int)
    for number, place in enumerate((0, *dict.fromkeys(places.tolist()))):
        started = clock()
        _predict(bench, model, batches[place])
        if number:
            tokens, seconds = tokens + padded[place], seconds + clock() - started
    return seconds / max(tokens, 1) * sum(padded)


def _predict(bench: Workbench, model: torch.nn.Module, rows: Sequence[int]) -> None:
    padding, device = bench.source.tokenizer.pad_token_id, bench.device
    inputs = to_device(collate(bench.dev, rows, padding), device.torch_device)
    labels = inputs.pop("labels")
    with torch.autocast(device.kind, torch.bfloat16, enabled=device.bf16):
        logits = model(**inputs).logits
    float(bench.task.loss_sum(logits, labels, 0.0))
    bench.task.predictions(logits).cpu()


def _is_enough(seconds: float, rounds: int) -> bool:
    return seconds > LONGEST_SECONDS or (seconds > LEAST_SECONDS and rounds >= LEAST_ROUNDS)


def _kinds(bench: Workbench, spec: TrialSpec) -> list[list[list[int]]]:
    """Return four kinds of real batches: two sizes, and around two places of the order by cost."""
    lengths = bench.train.lengths
    kinds = []
    for size in probe_sizes(spec):
        batches = epoch_batches(bench, size, spec.seed)
        by_cost = sorted(batches, key=lambda rows: int(lengths[rows].sum()))
        for share in LENGTHS:
            middle = round(share * (len(by_cost) - 1))
            width = len(by_cost) // 8
            kinds.append(by_cost[max(middle - width, 0) : middle + width + 1])
    return kinds


def epoch_batches(bench: Workbench, batch_size: int, seed: int) -> list[list[int]]:
    """Return the rows of the batches of an epoch."""
    return list(LengthBatchSampler(bench.train.lengths, batch_size, seed, piece_tokens(bench)))


def piece_tokens(bench: Workbench) -> int:
    """Return the most tokens that a batch is trained with at once."""
    return piece_tokens_of(bench.device.kind)


def probe_sizes(spec: TrialSpec) -> tuple[int, ...]:
    """Return the batch sizes that are measured: that of the settings, and a smaller one."""
    return tuple(dict.fromkeys((spec.batch_size, max(spec.batch_size // SMALLER, 1))))


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
        to_device(collate(bench.train, falling[piece], padding), device)
        for piece in cut_pieces(lengths[falling], piece_tokens(bench))
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
