"""Disks that are full or gone, as torch and safetensors tell of them: in errors of their own."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.write_errors import write_error

__all__ = ["disk_error", "is_disk_trouble"]

_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_TROUBLE = {
    *_FAULTS,
    errno.EACCES,
    errno.EROFS,
    errno.EPERM,
    errno.ENOENT,  # somebody deleted the folder
    errno.ENOTDIR,
}
_TEXTS = ("file write failed", "unexpected pos")
"""What torch says when a write fails; it does not say why."""

_LITTLE = 16 * 2**20
"""With fewer free bytes, a failed write of which nothing else is known is a full disk."""


def is_disk_trouble(error: Exception) -> bool:
    """Tell disk failures, which safetensors and torch wrap in errors of their own, from others."""
    if isinstance(error, OSError) and error.errno in _TROUBLE:
        return True
    return any(text in str(error) for text in (*map(os.strerror, _FAULTS), *_TEXTS))


def disk_error(error: Exception, folder: Path, model: Any) -> StudyError:
    """Say what could not be written, and how much room a checkpoint of the model needs.

    Args:
        error: What `is_disk_trouble` recognised.
        folder: Folder of the training.
        model: The model in training, or None where there is none yet.
    """
    number = getattr(error, "errno", None)
    if number is None:
        number = next((fault for fault in _FAULTS if os.strerror(fault) in str(error)), None)
    if number is None:
        number = errno.ENOSPC if _has_little_room(folder) else errno.EIO
    needed = None if model is None else _checkpoint_bytes(model)
    return write_error(folder, OSError(number, os.strerror(number)), needed=needed)


def _has_little_room(folder: Path) -> bool:
    return folder.exists() and shutil.disk_usage(folder).free < _LITTLE


def _checkpoint_bytes(model: Any) -> int:
    """Estimate a checkpoint: the weights, and AdamW's two moments of all that is trained."""
    sizes = [(p.numel() * p.element_size(), p.requires_grad) for p in model.parameters()]
    return sum(size * (3 if trained else 1) for size, trained in sizes)
