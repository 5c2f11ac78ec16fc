"""What goes wrong in the middle of a training: NaN, an end too early, memory that is full."""

from __future__ import annotations

from typing import Any

import torch
from transformers import TrainerCallback

from benchmarks.faults.setup import Setup

__all__ = ["Mishap", "mishaps_of"]

OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 1.12 GiB. GPU 0 has a total capacity of 7.79 GiB of "
    "which 612.56 MiB is free. Including non-PyTorch memory, this process has 7.18 GiB memory in "
    "use. Of the allocated memory 6.71 GiB is allocated by PyTorch, and 312.40 MiB is reserved by "
    "PyTorch but unallocated. If reserved but unallocated memory is large try setting "
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)


class Mishap(BaseException):
    """The process ends here, without a word of Python's.

    Attributes:
        last_words: What the shell prints.
    """

    def __init__(self, last_words: str) -> None:
        super().__init__(last_words)
        self.last_words = last_words


class _At(TrainerCallback):
    """Does something once, when a share of the steps is done."""

    def __init__(self, share: float) -> None:
        self.share = share

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Look how far the training is."""
        if state.global_step == int(self.share * state.max_steps):
            self.happen(control, kwargs["model"])

    def happen(self, control: Any, model: Any) -> None:
        """Do it."""
        raise NotImplementedError


class _NotANumber(_At):
    def happen(self, control: Any, model: Any) -> None:
        """Spoil the head, as an overflow in half precision does."""
        with torch.no_grad():
            model.classifier.weight.fill_(float("nan"))


class _Raise(_At):
    def __init__(self, share: float, error: BaseException) -> None:
        super().__init__(share)
        self.error = error

    def happen(self, control: Any, model: Any) -> None:
        """End the training."""
        raise self.error


class _Pause(_At):
    def happen(self, control: Any, model: Any) -> None:
        """Save and end, to be taken up again."""
        control.should_save = True
        control.should_training_stop = True


class _FullInEvaluation(TrainerCallback):
    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End the first evaluation."""
        raise torch.OutOfMemoryError(OUT_OF_MEMORY)


def mishaps_of(setup: Setup) -> tuple[TrainerCallback, ...]:
    """Return what happens in a training, in the form of callbacks."""
    found: list[TrainerCallback] = []
    if setup.nan_at is not None:
        found.append(_NotANumber(setup.nan_at))
    if setup.stop_at is not None:
        found.append(_Raise(setup.stop_at, KeyboardInterrupt()))
    if setup.resume_at is not None:
        found.append(_Pause(setup.resume_at))
    if setup.failure == "out-of-memory":
        found.append(_Raise(0.1, torch.OutOfMemoryError(OUT_OF_MEMORY)))
    if setup.failure == "out-of-memory-in-evaluation":
        found.append(_FullInEvaluation())
    if setup.failure == "killed":
        found.append(_Raise(0.3, Mishap("Killed\n")))
    return tuple(found)
