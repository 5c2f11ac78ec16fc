"""Train a few steps and look how much memory they took: by the allocator, and of the process."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.profiler import ProfilerActivity, profile
from transformers import AutoModelForTokenClassification
from transformers.optimization import Adafactor

from benchmarks.support.memory_cases import LABELS, MemoryCase, config_of

__all__ = ["MeasuredPeak", "measure_peak"]

STEPS = 3
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "adamw_torch_fused": lambda weights: torch.optim.AdamW(weights, lr=1e-5, fused=True),
    "adamw_torch": lambda weights: torch.optim.AdamW(weights, lr=1e-5),
    "adafactor": lambda weights: Adafactor(
        weights, lr=1e-5, scale_parameter=False, relative_step=False
    ),
    "sgd": lambda weights: torch.optim.SGD(weights, lr=1e-5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPeak:
    """Peaks in bytes.

    Attributes:
        tensors: By the allocator: `torch.cuda.max_memory_allocated`; on a CPU the profiler's
            record of every allocation of the last step, and what was there before it.
        process: On a CPU the largest resident set of the process; on a GPU what the allocator
            reserved and the context took.
        ran_out: Whether the memory was exhausted; then both are lower bounds.
    """

    tensors: int
    process: int
    ran_out: bool = False


def measure_peak(case: MemoryCase, device: str) -> MeasuredPeak:
    """Train `STEPS` steps on random sentences, with random weights, in this fresh process."""
    torch.manual_seed(0)
    if device == "cpu":
        return _on_cpu(_Training(case, device))
    free, total = torch.cuda.mem_get_info()  # makes the context; the GPU is taken to be ours alone
    context, ran_out = total - free, False
    try:
        training = _Training(case, device)
        for _ in range(STEPS):
            training.step()
    except torch.OutOfMemoryError:
        ran_out = True
    return MeasuredPeak(
        tensors=torch.cuda.max_memory_allocated(),
        process=torch.cuda.max_memory_reserved() + context,
        ran_out=ran_out,
    )


class _Training:
    """A training as the Trainer does it, without the Trainer."""

    def __init__(self, case: MemoryCase, device: str) -> None:
        self.case, self.device = case, device
        config = config_of(case)
        self.vocabulary = config.vocab_size
        self.model: Any = AutoModelForTokenClassification.from_config(config, dtype=torch.float32)
        if case.gradient_checkpointing:
            enable = getattr(self.model, "activation_checkpointing_enable", None)
            (enable or self.model.gradient_checkpointing_enable)()
        self.model.to(device).train()
        self.optimizer = OPTIMIZERS[case.optimizer](self.model.parameters())

    def step(self) -> None:
        """Train on one batch, or on two halves of one whose gradients are added."""
        for _ in range(2 if self.case.accumulate else 1):
            self._gradients()
        clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def _gradients(self) -> None:
        shape = (self.case.batch_size, self.case.length)
        ids = torch.randint(5, self.vocabulary, shape, device=self.device)
        labels = torch.randint(0, LABELS, shape, device=self.device)
        mask = torch.ones_like(ids)
        mask[-1, self.case.length // 2 :] = 0  # some padding, as in most batches
        with torch.autocast(self.device, torch.bfloat16, enabled=self.case.precision == "bf16"):
            logits = self.model(input_ids=ids, attention_mask=mask).logits
        loss = cross_entropy(logits.float().reshape(-1, LABELS), labels.reshape(-1))
        loss.backward()

    def held(self) -> int:
        """Bytes of weights, buffers and the optimizer's state."""
        storages = {
            tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
            for tensor in self._tensors()
        }
        return sum(storages.values())

    def _tensors(self) -> Iterator[torch.Tensor]:
        yield from self.model.parameters()
        yield from self.model.buffers()
        for state in self.optimizer.state.values():
            yield from (value for value in state.values() if isinstance(value, torch.Tensor))


def _on_cpu(training: _Training) -> MeasuredPeak:
    for _ in range(STEPS - 1):
        training.step()
    process = _largest_resident_set()  # before the profiler takes memory of its own
    held = training.held()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        training.step()
    return MeasuredPeak(tensors=held + _most_allocated(profiler), process=process)


def _largest_resident_set() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _most_allocated(profiler: profile) -> int:
    """Return the most that was allocated at once while the profiler was running."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    return max(
        int(event["args"]["Total Allocated"]) for event in events if event.get("name") == "[memory]"
    )
