"""Errors that the command line shows as one message with a way out, exit code 2."""

from __future__ import annotations

from typing import Any

from diagnostics.errors import DiagnosticsError
from tuner.secrets_in_text import without_secrets

__all__ = [
    "DataCheckError",
    "ModelError",
    "NonFiniteError",
    "OutOfMemoryError",
    "StudyError",
    "TunerError",
    "UsageError",
]


class TunerError(DiagnosticsError):
    """Root of everything that `tuner` raises on purpose; its texts hold no password or token.

    Args:
        message: The rule and the value that broke it, in one or two sentences.
        hint: What to do about it; empty when the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(without_secrets(message), without_secrets(hint))


class UsageError(TunerError):
    """An option, a space or a study file that cannot be right."""


class DataCheckError(TunerError):
    """Data that the check before a training finds unfit to train on.

    Attributes:
        checkup: Everything that the check found, a `Checkup` of a data set.
    """

    def __init__(self, message: str, hint: str, checkup: Any) -> None:
        super().__init__(message, hint)
        self.checkup = checkup


class ModelError(TunerError):
    """A model that cannot be found, downloaded or used for the task."""


class StudyError(TunerError):
    """A study folder that cannot be opened, resumed or written."""


class OutOfMemoryError(TunerError):
    """Even a single sentence does not fit into the accelerator's memory."""


class NonFiniteError(TunerError):
    """The training loss became NaN or infinite.

    Attributes:
        step: Number of the step, from 1.
    """

    def __init__(self, message: str, hint: str, step: int) -> None:
        super().__init__(message, hint)
        self.step = step
