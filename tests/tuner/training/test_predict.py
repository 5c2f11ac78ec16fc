"""An evaluation fetches from the device once, at its end."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tuner.training.fine_tune import Workbench
from tuner.training.memory import MicroBatchLimits, SimulatedMemory
from tuner.training.predict import evaluate
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
