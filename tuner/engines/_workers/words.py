"""What a worker process says beside the messages of its engine."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.engine import Message
from tuner.engines._hosting import Reply

__all__ = ["BEAT_SECONDS", "Beat", "Ready", "Word"]

BEAT_SECONDS = 2.0
"""Seconds between two signs of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The engine is built; commands are obeyed from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The process lives, whatever its engine does; said every few seconds."""


Word = Message | Reply | Ready | Beat
