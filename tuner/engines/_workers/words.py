"""What a worker process says beside the messages of its engine."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.engine import Message
from tuner.engines._hosting import Reply

__all__ = ["Ready", "Word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The engine is built; commands are obeyed from now on."""


Word = Message | Reply | Ready
