"""Trainings in worker processes: one per GPU, several on one GPU, or several on the CPU.

Each worker loads the model and encodes the data once. One that dies, or hangs, is replaced, and its
training goes on from its last checkpoint.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tuner.engine import Engine, Job, JobEnded, Message, Verdict
from tuner.engine_recipe import EngineRecipe, EngineRequest, Place
from tuner.engines._hosting import Broken, Evaluate, Evaluated
from tuner.engines._workers.crew import Crew
from tuner.engines._workers.places import choose_places
from tuner.engines._workers.seat import MOST_LOSSES, Seat
from tuner.engines._workers.words import Beat, Ready, Word
from tuner.errors import StudyError, TunerError
from tuner.trial import Scores

__all__ = ["WorkersEngine", "open_engine"]

BROKEN_SECONDS = 0.2
"""Seconds in which a worker whose engine broke may end by itself."""


def open_engine(request: EngineRequest) -> Engine:
    """Make an engine with a worker for every training that may run side by side.

    Raises:
        UsageError: A device is not there, or less than one training per device is asked for.
        StudyError: The temporary folder cannot be written.
    """
    chosen = choose_places(request)
    return WorkersEngine(request.recipe, chosen.places, folder=request.folder, notes=chosen.notes)


class WorkersEngine:
    """Runs trainings in processes of this machine, started when they are first needed.

    Args:
        recipe: Makes the engine of each worker; functions in it stand at the top of modules.
        places: Where the workers run, one training each.
        folder: Folder of the study; what workers print goes to `workers/` in it. None: nowhere.
        notes: What is to be said about the choice of places, one sentence each.

    Raises:
        StudyError: The temporary folder cannot be written.

    Attributes:
        notes: As given.
    """

    def __init__(
        self,
        recipe: EngineRecipe,
        places: Sequence[Place],
        *,
        folder: Path | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.notes = notes
        self._crew = Crew(recipe, places, folder)
        self._messages: deque[Message | TunerError] = deque()
        self._scored: Evaluated | None = None
        self._evaluations = 0

    @property
    def slots(self) -> int:
        """How many trainings may run at once: as many as there are places."""
        return len(self._crew.seats)

    @property
    def loading(self) -> frozenset[str]:
        """Keys of the trainings whose workers still load the model and the data."""
        seats = (seat for seat in self._crew.seats if not seat.is_ready)
        return frozenset(seat.job.key for seat in seats if seat.job is not None)

    @property
    def processes(self) -> tuple[int, ...]:
        """Process numbers of the workers that live now."""
        workers = (seat.worker for seat in self._crew.seats)
        return tuple(worker.pid for worker in workers if worker is not None)

    def start(self, job: Job) -> None:
        """Begin a training on a free worker, which need not be ready yet.

        Raises:
            RuntimeError: No slot is free.
            StudyError: The operating system starts no further process.
        """
        seat = self._crew.free_seat()
        if seat is None:
            raise RuntimeError(f"`start` needs a free slot, but all are taken ({job.key} waits).")
        self._crew.fill(seat)
        seat.begin(job)

    def next_message(self, timeout: float) -> Message | None:
        """Wait for a message of any worker.

        Raises:
            StudyError: The disk is full, a training broke down, or workers die while they start.
            ModelError: A worker cannot use the model.
            UsageError: A worker cannot use its device.
        """
        end = time.monotonic() + timeout
        while not self._messages:
            left = end - time.monotonic()
            self._listen(left)
            if left <= 0.0:
                break
        self._raise_trouble()
        message = self._messages.popleft() if self._messages else None
        assert not isinstance(message, TunerError)
        return message

    def answer(self, key: str, verdict: Verdict) -> None:
        """Let the waiting training go on or stop; dropped when it was lost meanwhile."""
        for seat in self._crew.seats:
            if seat.job is not None and seat.job.key == key:
                seat.answer(verdict)

    def interrupt(self, key: str, reason: str) -> None:
        """Let a running training end where it can be taken up again, before its next report."""
        for seat in self._crew.seats:
            if seat.job is not None and seat.job.key == key:
                seat.interrupt(reason)

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Score a saved model folder on a worker; tried again when that worker dies.

        Raises:
            RuntimeError: No slot is free.
            StudyError: The folder cannot be read, or three workers died over it.
        """
        seat = self._crew.free_seat()
        if seat is None:
            raise RuntimeError("`evaluate` needs a free slot, but all are taken.")
        for _ in range(MOST_LOSSES):
            scored = self._evaluate_once(seat, model, split)
            if scored is not None and scored.scores is not None:
                return scored.scores
            if scored is not None and scored.failure is not None:
                raise scored.failure.error()
        raise StudyError(
            f"{MOST_LOSSES} workers died while they scored {str(model)!r}. {seat.last_end}",
            "Ask for fewer workers, so that each has more memory.",
        )

    def close(self) -> None:
        """Stop all trainings and end all workers. May be called twice."""
        self._crew.close()
        self._messages.clear()

    def _evaluate_once(
        self, seat: Seat, model: Path, split: Literal["dev", "test"]
    ) -> Evaluated | None:
        """Return what a worker says of a model; None when it died over it."""
        self._evaluations += 1
        worker = self._crew.fill(seat)
        worker.send(Evaluate(number=self._evaluations, model=model, split=split))
        while seat.worker is worker:
            self._listen(1.0)
            self._raise_trouble()
            if self._scored is not None and self._scored.number == self._evaluations:
                return self._scored
        return None

    def _raise_trouble(self) -> None:
        """Raise the oldest of the messages if it is an error."""
        if self._messages and isinstance(self._messages[0], TunerError):
            error = self._messages.popleft()
            assert isinstance(error, TunerError)
            raise error

    def _listen(self, timeout: float) -> None:
        for seat, word in self._crew.listen(timeout):
            if word is None:
                self._lost(seat)
            else:
                self._take(seat, word)

    def _take(self, seat: Seat, word: Word) -> None:
        match word:
            case Ready():
                seat.ready()
            case Evaluated():
                self._scored = word
            case Broken(failure=failure):
                seat.free()
                self._crew.empty(seat, BROKEN_SECONDS)
                self._messages.append(failure.error())
            case Beat():
                pass
            case _:
                self._messages.append(word)
                if isinstance(word, JobEnded):
                    seat.free()

    def _lost(self, seat: Seat) -> None:
        """Have the training of a dead worker begun again by its successor."""
        news = seat.after_loss()
        if news is not None:
            self._messages.append(news)
        if seat.job is not None:
            self._crew.fill(seat)
            seat.hand_over()
