"""How engines are made: here, in another process, or on another machine.

An engine that spreads trainings does not train. It makes inner engines in other places from a
recipe, hands them jobs and passes their messages on. So whatever can train in one process can train
in many, and what is tested with replayed numbers holds for real trainings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tuner.engine import Engine

__all__ = ["AUTO", "EngineRecipe", "EngineRequest", "Place"]

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an inner engine runs.

    Attributes:
        name: For messages and file names: `worker-2`.
        device: Device as users write it (`cpu`, `cuda:1`); None: the best there is.
        memory_share: Most of the device's memory that this engine may take, 0 to 1; None: all.
        threads: Threads for computations on the CPU; None: the library's own choice.
    """

    name: str
    device: str | None = None
    memory_share: float | None = None
    threads: int | None = None


class EngineRecipe(Protocol):
    """Makes an engine at a place; it is pickled on the way there, so it holds plain values.

    Recipes only ever travel between processes of one search, through channels that they opened
    themselves. They are never read from a file.
    """

    def build(self, place: Place) -> Engine:
        """Make the engine, loading what it needs.

        Raises:
            TunerError: The data, the model or the device cannot be used there.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """What the user wants of an engine.

    Attributes:
        recipe: Makes the engine that trains, at any place.
        here: The engine of this process, ready to train.
        folder: Folder of the study.
        devices: Devices by name; empty: all that are there.
        per_device: Trainings side by side on one device; None: as many as fit and pay (`auto`).
        address: Address of a cluster, or None.
    """

    recipe: EngineRecipe
    here: Engine
    folder: Path
    devices: tuple[str, ...] = ()
    per_device: int | None = 1
    address: str | None = None
