"""Who takes part in a shared study, and what they train: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.search.run_record import search_key

__all__ = ["Process", "Training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that works, or worked, on the study.

    Attributes:
        name: Its identity, unlike that of any other.
        host: Name of its machine, for people.
        machine: Identity of the machine since it was switched on, or empty.
        folder: Its folder of the study, absolute.
        limit: Trials in all that it was asked for.
        has_left: Whether it left in order.
    """

    name: str
    host: str = ""
    machine: str = ""
    folder: str = ""
    limit: int = 0
    has_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A trial, a re-run with another seed, or another piece of work that one process does.

    Attributes:
        key: Its name: `0007`, `0007-seed-43`.
        number: Number of the trial.
        owner: Who runs it; None when it was released.
        last_owner: Who ran it last.
        attempt: How many processes have begun it.
        deaths: How many of them died over it before they had added an epoch.
        epochs: How many epochs were kept when it was last taken over.
        home: The attempt whose folder holds its files: a process that takes over from one that may
            come back works in a folder of its own.
        settings: What it tries, as `settle` or `claim` said; None before.
        setting: The searched settings as text, for comparison.
        result: What `end` or `bury` said; None while it is not ended. Settings and result of an
            ended training are packed.
    """

    key: str
    number: int
    owner: str | None
    last_owner: str
    attempt: int = 1
    deaths: int = 0
    epochs: int = 0
    home: int = 1
    settings: Mapping[str, Any] | None = None
    setting: str | None = None
    result: Mapping[str, Any] | None = None

    @property
    def is_trial(self) -> bool:
        """Whether it is a trial of the search itself."""
        return self.key == search_key(self.number)
