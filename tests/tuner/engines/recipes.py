"""Recipes of engines that worker processes build in tests: importable there, and light."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tuner.engine import Engine, Message
from tuner.engine_recipe import Place
from tuner.engines.scripted import ScriptedEngine, Step
from tuner.errors import ModelError, StudyError
from tuner.trial import TrialSpec

__all__ = [
    "CountingRecipe",
    "CuriousRecipe",
    "DyingRecipe",
    "EndlessRecipe",
    "UnbuildableRecipe",
    "disk_full",
    "rising",
]


def rising(spec: TrialSpec) -> Sequence[float]:
    """A curve that rises evenly."""
    return [0.5 + 0.1 * epoch for epoch in range(spec.epochs)]


def disk_full(spec: TrialSpec) -> Sequence[Step]:
    """An epoch, then trouble with the disk."""
    return [0.5, StudyError("The disk is full.", "Make room.")]


class _DyingEngine(ScriptedEngine):
    def __init__(self, recipe: DyingRecipe) -> None:
        super().__init__(rising)
        self._recipe = recipe
        self._asked = 0

    def next_message(self, timeout: float) -> Message | None:
        self._asked += 1
        if self._asked > self._recipe.epochs:
            if self._recipe.exit_code is not None:
                sys.stderr.write("\n".join(self._recipe.last_words) + "\n")
                sys.stderr.flush()
                os._exit(self._recipe.exit_code)
            os.kill(os.getpid(), self._recipe.signal)
        return super().next_message(timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class DyingRecipe:
    """An engine whose process dies after so many epochs, each time."""

    epochs: int = 1
    signal: int = signal.SIGKILL
    exit_code: int | None = None
    last_words: tuple[str, ...] = ()

    def build(self, place: Place) -> Engine:
        return _DyingEngine(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbuildableRecipe:
    """An engine that cannot be built: by an error, or by the end of its process."""

    exits: bool = False

    def build(self, place: Place) -> Engine:
        if self.exits:
            sys.stderr.write("cannot open shared object\nfile not found\x1b[2J\n")
            sys.stderr.flush()
            os._exit(3)
        raise ModelError(f"No model on {place.name}.", "Name another one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRecipe:
    """An engine that adds a byte to a file for every epoch that it really trains.

    When it is built, it leaves a file `PROCESS.built` beside.
    """

    count: Path
    delay: float

    def build(self, place: Place) -> Engine:
        self.count.with_name(f"{os.getpid()}.built").touch()
        return ScriptedEngine(rising, delay=self.delay, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self.count.open("a", encoding="ascii") as file:
            file.write("x")
        time.sleep(seconds)


class _EndlessEngine(ScriptedEngine):
    def next_message(self, timeout: float) -> Message | None:
        time.sleep(3600.0)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndlessRecipe:
    """An engine that hears nothing, as in a training step without an end."""

    def build(self, place: Place) -> Engine:
        return _EndlessEngine(rising)


@dataclass(frozen=True, slots=True, kw_only=True)
class CuriousRecipe:
    """An engine that writes down where it is built, one file per worker."""

    folder: Path

    def build(self, place: Place) -> Engine:
        facts = {
            "place": asdict(place),
            "modules": sorted({name.partition(".")[0] for name in sys.modules}),
            "variables": dict(os.environ),
            "ignores_interrupts": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        }
        path = self.folder / f"{place.name}.json"
        path.write_text(json.dumps(facts), encoding="utf-8")
        print("an engine is built")  # noqa: T201 - must go to the log
        return ScriptedEngine(rising)
