"""Predictions for a whole split: windows by length, as many per batch as the memory takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from diagnostics.subjects.run_history import RunEvent
from tuner.errors import OutOfMemoryError
from tuner.task import Task
from tuner.training.encode import IGNORED, EncodedSplit, IntArray
from tuner.training.memory import (
    MicroBatchLimits,
    SimulatedMemory,
    is_out_of_memory,
    release_memory,
    split_rows,
)
from tuner.training.transfer import to_device
from tuner.trial import Scores

__all__ = ["collate", "evaluate", "evaluation_tokens"]

EVALUATION_TOKENS = 8192
"""Padded tokens per evaluation batch while memory allows: enough to keep a GPU busy."""

CPU_EVALUATION_TOKENS = 2048
"""The same on a CPU, whose caches prefer smaller matrices."""


def collate(split: EncodedSplit, rows: Sequence[int], padding: int) -> dict[str, torch.Tensor]:
    """Pad windows to the longest of them.

    Returns:
        `input_ids`, `attention_mask` and `labels`, each of shape (rows, longest), on the CPU.
    """
    windows = [split[row] for row in rows]
    shape = (len(rows), max(ids.size for ids, _ in windows))
    ids = np.full(shape, padding, dtype=np.int64)
    labels = np.full(shape, IGNORED, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for number, (window_ids, window_labels) in enumerate(windows):
        ids[number, : window_ids.size] = window_ids
        labels[number, : window_ids.size] = window_labels
        mask[number, : window_ids.size] = 1
    arrays = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def evaluate(
    model: Any,
    task: Task,
    split: EncodedSplit,
    *,
    padding: int,
    device: torch.device,
    limits: MicroBatchLimits,
    simulated: SimulatedMemory,
    on_event: Callable[[RunEvent], None],
    on_predicted: Callable[[IntArray], None] = lambda predicted: None,
    on_batch: Callable[[], None] = lambda: None,
) -> Scores:
    """Predict every word of a split and score it.

    A batch that does not fit the memory is redone in halves; the size that fits is remembered.

    Args:
        model: A transformers model; called as it is, so mixed precision stays in force.
        task: Turns logits into loss, labels and scores.
        split: The encoded split.
        padding: Token id that fills short rows.
        device: Where the model is.
        limits: Micro-batch sizes learnt so far.
        simulated: Rehearsed failures.
        on_event: Called when memory ran out.
        on_predicted: Called once with the predicted label ids, shape (words,).
        on_batch: Called after each batch that fitted.

    Raises:
        OutOfMemoryError: Not even a single window fits.
    """
    run = _Run(model, task, split, padding, device, simulated)
    order = np.argsort(-split.lengths, kind="stable")
    was_training = model.training
    model.eval()
    try:
        pending = [order]
        while pending:
            rows = pending.pop()
            limit = evaluation_tokens(device.type, limits)
            runs = split_rows(split.lengths[rows].tolist(), limit)
            if len(runs) > 1:
                pending.extend(rows[part] for part in reversed(runs))
            elif not run.fits(rows):
                _shrink(limits, len(rows), int(split.lengths[rows].max()), on_event)
                pending.append(rows)
            else:
                on_batch()
    finally:
        model.train(was_training)
    return run.scores(on_predicted)


def evaluation_tokens(device: str, limits: MicroBatchLimits) -> int:
    """Return the most padded tokens of an evaluation batch on a kind of device."""
    ceiling = CPU_EVALUATION_TOKENS if device == "cpu" else EVALUATION_TOKENS
    return min(ceiling, limits.limit("eval") or ceiling)


def _shrink(
    limits: MicroBatchLimits, rows: int, length: int, on_event: Callable[[RunEvent], None]
) -> None:
    release_memory()
    if not limits.shrink("eval", rows, length):
        raise OutOfMemoryError(
            f"Not even one window of {length} tokens fits into memory for evaluation.",
            "Lower --max-length, or choose a smaller model.",
        )
    on_event(
        RunEvent(
            kind="out-of-memory",
            message=f"Out of memory while evaluating {rows} x {length} tokens; "
            f"continuing with at most {limits.limit('eval')} at once.",
            details={
                "phase": "eval",
                "rows": rows,
                "length": length,
                "limit": limits.limit("eval"),
            },
        )
    )


@dataclass(frozen=True, slots=True)
class _Predicted:
    """What was predicted for some windows; labels and loss stay on the device until all are done.

    Attributes:
        rows: Numbers of the windows.
        marked: Shape (rows, longest): where a word is scored.
        labels: Shape (rows, longest): the likeliest label ids.
        loss: Sum over the words, a scalar.
    """

    rows: Any
    marked: npt.NDArray[np.bool_]
    labels: torch.Tensor
    loss: torch.Tensor


class _Run:
    """One pass over a split: collects predictions and losses."""

    def __init__(
        self,
        model: Any,
        task: Task,
        split: EncodedSplit,
        padding: int,
        device: torch.device,
        simulated: SimulatedMemory,
    ) -> None:
        self.model = model
        self.task = task
        self.split = split
        self.padding = padding
        self.device = device
        self.simulated = simulated
        self._waiting: list[_Predicted] = []
        # words[scored_before[row]:scored_before[row + 1]] are the words that the window scores.
        marks = (split.labels != IGNORED).astype(np.int64)
        scored = np.add.reduceat(marks, split.offsets[:-1]) if len(split) else marks
        self.scored_before = np.concatenate([[0], np.cumsum(scored)]).astype(np.int64)

    def fits(self, rows: Any) -> bool:
        """Predict some windows; False when they do not fit the memory."""
        try:
            self._predict(rows)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True

    @torch.no_grad()
    def _predict(self, rows: Any) -> None:
        """Start predicting; an accelerator goes on while the next windows are collated."""
        inputs = collate(self.split, rows, self.padding)
        marked = (inputs["labels"] != IGNORED).numpy()
        inputs = to_device(inputs, self.device)
        labels = inputs.pop("labels")
        self.simulated.touch("eval", *labels.shape)
        logits = self.model(**inputs).logits
        loss = self.task.loss_sum(logits, labels, 0.0)
        self._waiting.append(_Predicted(rows, marked, self.task.predictions(logits), loss))

    def scores(self, on_predicted: Callable[[IntArray], None]) -> Scores:
        """Fetch and score what was predicted; the loss is the mean per word."""
        predicted = np.zeros(self.split.gold.size, dtype=np.int64)
        loss = 0.0
        for batch in self._waiting:
            labels = batch.labels.cpu().numpy()
            for number, row in enumerate(batch.rows):
                span = slice(self.scored_before[row], self.scored_before[row + 1])
                predicted[self.split.words[span]] = labels[number][batch.marked[number]]
            loss += float(batch.loss)
        on_predicted(predicted)
        return self.task.score(predicted, self.split, loss / max(1, self.split.gold.size))
