"""The best weights of a training so far, written beside the training where that pays."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import torch

from tuner.training.device import Device

__all__ = ["BestModel"]


class BestModel:
    """A folder that `from_pretrained` and `pipeline` load: complete, or not there at all.

    On an accelerator the weights are copied into main memory and written by a thread while the
    next epoch is trained. On the CPU they are written at once: there the copy would add the size
    of the model to the peak of the memory that the training needs, and writing would take a core
    from it anyway.

    Args:
        folder: Where to write.
        tokenizer: Written beside the weights.
        device: Where the training is.
    """

    def __init__(self, folder: Path, tokenizer: Any, device: Device) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._aside = None if device.kind == "cpu" else ThreadPoolExecutor(1, "tuner-best-model")
        self._writing: Future[None] | None = None

    def keep(self, model: Any) -> None:
        """Replace what was kept before by the weights that the model has now.

        Raises:
            Exception: These or those kept before could not be written.
        """
        self.settle()
        if self._aside is None:
            self._write(model, None)
        else:
            self._writing = self._aside.submit(self._write, model, _copied(model.state_dict()))

    def drop(self) -> None:
        """Delete what was kept before: it counts no more."""
        self.settle()
        shutil.rmtree(self._folder, ignore_errors=True)

    def settle(self) -> None:
        """Wait until the weights are in the folder.

        Raises:
            Exception: They could not be written.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def close(self) -> None:
        """Wait until nothing is written any more; a failure is not told."""
        if self._writing is not None:
            wait([self._writing])
        if self._aside is not None:
            self._aside.shutdown()

    def _write(self, model: Any, weights: dict[str, torch.Tensor] | None) -> None:
        temporary = self._folder.with_name(f"{self._folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        model.save_pretrained(temporary, state_dict=weights)
        self._tokenizer.save_pretrained(temporary)
        shutil.rmtree(self._folder, ignore_errors=True)
        temporary.rename(self._folder)


def _copied(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copy weights into main memory; tied ones stay tied, so that they are written once."""
    copies: dict[tuple[object, ...], torch.Tensor] = {}
    copied = {}
    for name, tensor in weights.items():
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if place not in copies:
            copies[place] = tensor.detach().to("cpu", copy=True)
        copied[name] = copies[place]
    return copied
