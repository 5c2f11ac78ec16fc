"""Errors that the command line shows as one message with a way out, exit code 2."""

from __future__ import annotations

from diagnostics.errors import DiagnosticsError

__all__ = [
    "ModelError",
    "NonFiniteError",
    "OutOfMemoryError",
    "StudyError",
    "TunerError",
    "UsageError",
]


class TunerError(DiagnosticsError):
    """Root of everything that `tuner` raises on purpose."""


class UsageError(TunerError):
    """An option, a space or a study file that cannot be right."""


class ModelError(TunerError):
    """A model that cannot be found, downloaded or used for the task."""


class StudyError(TunerError):
    """A study folder that cannot be opened, resumed or written."""


class OutOfMemoryError(TunerError):
    """Even a single sentence does not fit into the accelerator's memory."""


class NonFiniteError(TunerError):
    """The training loss became NaN or infinite."""
