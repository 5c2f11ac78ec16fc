"""All workers of a search: started when needed, listened to together, found dead, ended."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Sequence
from pathlib import Path

from tuner.engine_recipe import EngineRecipe, Place
from tuner.engines._hosting import Close
from tuner.engines._workers.places import inside
from tuner.engines._workers.process import RecipeFile, WorkerProcess
from tuner.engines._workers.seat import Seat
from tuner.engines._workers.words import Word

__all__ = ["Crew"]

LOOK_SECONDS = 0.2
"""Seconds between two looks at all processes; most deaths show in the pipe at once."""

DEATH_SECONDS = 1.0
"""Seconds in which a worker that has closed its pipe must have ended."""

CLOSE_SECONDS = 3.0
"""Seconds for the workers' goodbye before they are killed, which harms nothing on disk."""

LOG_FOLDER = "workers"


class Crew:
    """The workers at a number of places.

    Args:
        recipe: Makes the engine of each.
        places: Where they run.
        folder: Folder of the study, for `workers/*.log`; None keeps no logs.

    Raises:
        StudyError: The temporary folder cannot be written.
        UsageError: `TUNER_STANDSTILL_SECONDS` holds no positive number.

    Attributes:
        seats: One for each place.
    """

    def __init__(self, recipe: EngineRecipe, places: Sequence[Place], folder: Path | None) -> None:
        self.seats = tuple(_seat(place, folder) for place in places)
        self._recipe = RecipeFile(recipe)
        self._selector = selectors.DefaultSelector()
        self._looked = 0.0

    def free_seat(self) -> Seat | None:
        """Return a seat without a training, preferably one with a worker; None without any."""
        free = [seat for seat in self.seats if seat.job is None]
        occupied = (seat for seat in free if seat.worker is not None)
        return next(occupied, free[0] if free else None)

    def fill(self, seat: Seat) -> WorkerProcess:
        """Start a worker at a seat that has none, and return the one that sits there.

        Raises:
            StudyError: The operating system starts no further process.
        """
        if seat.worker is None:
            self._selector.register(seat.open(self._recipe), selectors.EVENT_READ, seat)
        assert seat.worker is not None
        return seat.worker

    def empty(self, seat: Seat, patience: float) -> None:
        """Wait so many seconds for the end of the worker at a seat, then kill it."""
        if seat.worker is not None:
            self._selector.unregister(seat.worker)
            seat.end(patience)

    def listen(self, timeout: float) -> list[tuple[Seat, Word | None]]:
        """Return one word of every worker that has one; None for each found dead or hanging."""
        heard: list[tuple[Seat, Word | None]] = []
        for key, _ in self._selector.select(max(0.0, min(timeout, LOOK_SECONDS))):
            seat: Seat = key.data
            heard.append((seat, seat.worker.receive() if seat.worker is not None else None))
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            # A child of a dead worker may hold its pipe open.
            known = [seat for seat, word in heard if word is None]
            heard += [(seat, None) for seat in self.seats if seat.look() and seat not in known]
        for seat, word in heard:
            if word is None:
                self.empty(seat, DEATH_SECONDS)
            else:
                seat.heard(word)
        return heard + [(seat, None) for seat in self.seats if self._replaces_hanging(seat)]

    def _replaces_hanging(self, seat: Seat) -> bool:
        """Whether the worker at a seat hung, and was ended."""
        reason = seat.standstill()
        if reason and seat.worker is not None:
            self._selector.unregister(seat.worker)
            seat.give_up(reason)
        return reason != ""

    def close(self) -> None:
        """End all workers. May be called twice, and workers may be started afterwards."""
        for seat in self.seats:
            if seat.worker is not None:
                seat.worker.send(Close())
        end = time.monotonic() + CLOSE_SECONDS
        for seat in self.seats:
            self.empty(seat, end - time.monotonic())
            seat.close()


def _seat(place: Place, folder: Path | None) -> Seat:
    log = folder / LOG_FOLDER / f"{place.name}.log" if folder is not None else None
    return Seat(*inside(place, os.environ), log)
