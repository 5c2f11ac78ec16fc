"""The least time that a training can take: its arithmetic alone, without any padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.support.setting import Material, open_material
from benchmarks.support.timing import Plan, Stopwatch, Timing
from tuner.engines.in_process import open_workbench
from tuner.training.batches import padding_share
from tuner.training.memory import MicroBatchLimits, SimulatedMemory, split_rows
from tuner.training.predict import CPU_EVALUATION_TOKENS, EVALUATION_TOKENS, collate, evaluate
from tuner.training.transfer import to_device
from tuner.trial import TrialSpec

__all__ = ["time_floor"]


def time_floor(plan: Plan) -> Timing:
    """Time the arithmetic of one epoch and its evaluation, as if there were no padding."""
    material = open_material(plan.setting, plan.spec.seed)
    rows = np.argsort(-material.train.lengths, kind="stable")
    batches = [rows[begin : begin + plan.spec.batch_size] for begin in _begins(rows.size, plan)]
    model = open_workbench(material.data, material.source, material.device).model.restore(plan.spec)
    model.to(material.device.torch_device)
    _train(model, material, batches[:1], plan.spec)  # the first step also pays for starting up
    training = _times(material, lambda: _train(model, material, batches, plan.spec))
    evaluation = _times(material, lambda: _evaluate(model, material))
    tokens = int(material.train.lengths.sum())
    real = 1.0 - padding_share(batches, material.train.lengths)
    real_in_evaluation = _real_share_of_evaluation(material)
    return Timing(
        seconds=training[0] * real + evaluation[0] * real_in_evaluation,
        processor_seconds=training[1] * real + evaluation[1] * real_in_evaluation,
        epochs=1,
        tokens=tokens,
        padded_tokens=tokens,
    )


def _begins(rows: int, plan: Plan) -> range:
    return range(0, rows, plan.spec.batch_size)


def _times(material: Material, work: Callable[[], None]) -> tuple[float, float]:
    watch = Stopwatch()
    work()
    if material.device.kind == "cuda":
        torch.cuda.synchronize()
    return watch.read()


def _train(model: Any, material: Material, batches: Sequence[Any], spec: TrialSpec) -> None:
    """Run the bare loop: no Trainer, no callbacks, no logging."""
    device = material.device
    optimizer = torch.optim.AdamW(model.parameters(), lr=spec.learning_rate, fused=True)
    model.train()
    for batch in batches:
        inputs = _to_device(material, batch)
        labels = inputs.pop("labels")
        with torch.autocast(device.kind, dtype=torch.bfloat16, enabled=device.bf16):
            logits = model(**inputs).logits
            loss = material.task.loss_sum(logits, labels, 0.0) / (labels >= 0).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def _to_device(material: Material, batch: Any) -> dict[str, torch.Tensor]:
    padding = material.source.tokenizer.pad_token_id
    rows = collate(material.train, batch.tolist(), padding)
    return to_device(rows, material.device.torch_device)


def _evaluate(model: Any, material: Material) -> None:
    device = material.device
    with torch.autocast(device.kind, dtype=torch.bfloat16, enabled=device.bf16):
        evaluate(
            model,
            material.task,
            material.dev,
            padding=material.source.tokenizer.pad_token_id,
            device=device.torch_device,
            limits=MicroBatchLimits(),
            simulated=SimulatedMemory(),
            on_event=lambda event: None,
        )


def _real_share_of_evaluation(material: Material) -> float:
    lengths: list[int] = sorted(material.dev.lengths.tolist(), reverse=True)
    most = CPU_EVALUATION_TOKENS if material.device.kind == "cpu" else EVALUATION_TOKENS
    runs = split_rows(lengths, most)
    padded: int = sum((run.stop - run.start) * lengths[run.start] for run in runs)
    return sum(lengths) / padded
