"""Errors on their way from where an engine trains to the loop, which raises them."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from types import MappingProxyType

from diagnostics.errors import DiagnosticsError
from tuner.errors import (
    ModelError,
    NonFiniteError,
    OutOfMemoryError,
    StudyError,
    TunerError,
    UsageError,
)

__all__ = ["Failure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error on its way to another process: plain text, whatever the error held.

    Attributes:
        kind: Name of its class in `tuner.errors`; `StudyError` for everything else.
        message: The rule and the value that broke it.
        hint: The way out; may be empty.
        details: The traceback of an error that nobody raised on purpose, for a log; else empty.
    """

    kind: str
    message: str
    hint: str = ""
    details: str = ""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an error."""
        if isinstance(error, DiagnosticsError):
            return cls(kind=type(error).__name__, message=error.message, hint=error.hint)
        return cls(
            kind=StudyError.__name__,
            message=f"A training broke down: {type(error).__name__}: {error}",
            hint="This should not happen. Run the same command again to go on with the study.",
            details="".join(traceback.format_exception(error)),
        )

    def error(self) -> TunerError:
        """Return the error, to be raised on this side."""
        return ERRORS.get(self.kind, StudyError)(self.message, self.hint)


ERRORS = MappingProxyType[str, type[TunerError]](
    {
        kind.__name__: kind
        for kind in (ModelError, NonFiniteError, OutOfMemoryError, StudyError, UsageError)
    }
)
