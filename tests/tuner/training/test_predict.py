"""Batches on their way to the device, and what an evaluation fetches from there, at its end."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from tuner.training.fine_tune import Workbench
from tuner.training.memory import MicroBatchLimits, SimulatedMemory
from tuner.training.predict import evaluate
from tuner.training.transfer import to_device
from tuner.trial import Scores, TrialSpec


class Watched:
    """A tensor that notes when its values are asked for."""

    def __init__(self, tensor: torch.Tensor, moments: list[str]) -> None:
        self.tensor = tensor
        self.moments = moments

    def cpu(self) -> torch.Tensor:
        self.moments.append("labels")
        return self.tensor.cpu()

    def __float__(self) -> float:
        self.moments.append("loss")
        return float(self.tensor)


class OnGpu(torch.Tensor):
    """A tensor that notes how it is moved."""

    moves: ClassVar[list[object]] = []

    def pin_memory(self, device: Any = None) -> Any:
        self.moves.append("pinned")
        return self

    def to(self, *arguments: Any, **keywords: Any) -> Any:
        self.moves.append((arguments, keywords))
        return self


def test_a_gpu_fetches_batches_by_itself() -> None:
    OnGpu.moves.clear()
    batch = {"input_ids": torch.zeros(2, 3).as_subclass(OnGpu)}
    assert to_device(batch, torch.device("cuda")).keys() == batch.keys()
    assert OnGpu.moves == ["pinned", ((torch.device("cuda"),), {"non_blocking": True})]
    here = {"input_ids": torch.zeros(2, 3)}
    assert to_device(here, torch.device("cpu"))["input_ids"] is here["input_ids"]


def scored(bench: Workbench, moments: list[str]) -> Scores:
    return evaluate(
        bench.model.restore(TrialSpec(learning_rate=1e-3, batch_size=8, epochs=1)),
        bench.task,
        bench.dev,
        padding=0,
        device=torch.device("cpu"),
        limits=MicroBatchLimits(limits={"eval": 40}),
        simulated=SimulatedMemory(),
        on_event=lambda event: None,
        on_batch=lambda: moments.append("batch"),
    )


def test_nothing_is_fetched_before_all_is_predicted(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[str] = []
    plain = scored(bench, moments)
    batches = len(moments)
    assert batches > 2
    for name in ("predictions", "loss_sum"):
        compute: Any = getattr(bench.task, name)
        monkeypatch.setattr(
            bench.task, name, lambda *a, compute=compute: Watched(compute(*a), moments)
        )
    moments.clear()
    assert scored(bench, moments) == plain
    assert moments == ["batch"] * batches + ["labels", "loss"] * batches


def test_a_batch_that_failed_late_counts_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = scored(bench, [])
    predictions, calls = bench.task.predictions, 0

    def fails_once(logits: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return predictions(logits)

    monkeypatch.setattr(bench.task, "predictions", fails_once)
    again = scored(bench, [])
    assert again.counts == plain.counts
    assert again.loss == pytest.approx(plain.loss)
