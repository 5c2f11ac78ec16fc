"""What the search and its actors on a Ray cluster tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tuner.engine import Message
from tuner.engines._hosting import Reply
from tuner.engines._ray.files import FileFacts
from tuner.engines._ray.model import ModelFile

__all__ = ["MARKER", "Arrival", "Said", "Surroundings"]

MARKER = ".ray-marker"
"""File in the study's folder: a node that reads its word there sees the same folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an actor looks for on its node.

    Attributes:
        folder: Folder of the study, where the search runs.
        word: What `MARKER` says there; empty: the folder counts as not shared.
        model: Folder of the model; None for a model of a hub, which nodes load themselves.
        files: The files of that folder.
    """

    folder: Path
    word: str
    model: Path | None = None
    files: tuple[ModelFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where an actor found itself.

    Attributes:
        node: Identity of the node.
        name: The node and the process, for a person.
        shared: Whether it sees the study's folder.
        needs_model: Whether the model must be sent.
    """

    node: str
    name: str
    shared: bool
    needs_model: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came out of the inner engine.

    Attributes:
        message: The message; None when the actor ends.
        files: Files of the run that the search cannot see; None where it sees them itself.
    """

    message: Message | Reply | None
    files: tuple[FileFacts, ...] | None = None
