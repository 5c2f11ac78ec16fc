"""A place for a worker: the process that sits there now, its training, and what was lost there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, StepsDone, Verdict
from tuner.engine_recipe import Place
from tuner.engines._hosting import Answer, Interrupt, StartJob
from tuner.engines._standstill import MOST_STANDSTILLS, Progress, standstill_seconds
from tuner.engines._workers.log import WorkerLog
from tuner.engines._workers.process import RecipeFile, WorkerProcess, spoken_name
from tuner.engines._workers.words import BEAT_SECONDS, Word
from tuner.errors import StudyError
from tuner.trial import TrialOutcome, TrialState

__all__ = ["MOST_LOSSES", "Seat"]

MOST_LOSSES = 3
"""Workers that a training may cost, or that may die before they are ready, until that is final."""

LOST_BEATS = 10
"""Signs of life that must fail to come, however short a limit is chosen."""

_LAST_LINES = 5


class Seat:
    """A place, and what sits there.

    Args:
        place: Where the worker's engine runs.
        environment: Environment variables of the worker.
        log: File for what the worker prints; None for a nameless one.

    Attributes:
        worker: The living process; None when there is none.
        job: The training that it has, or will have when it is ready.
        waits: Whether that training waits for a verdict.
        is_ready: Whether the worker has built its engine.
        last_end: How the worker before this one ended, as a sentence.
    """

    def __init__(self, place: Place, environment: Mapping[str, str], log: Path | None) -> None:
        self.worker: WorkerProcess | None = None
        self.job: Job | None = None
        self.waits = False
        self.is_ready = False
        self.last_end = ""
        self._place = place
        self._environment = environment
        self._log_path = log
        self._log: WorkerLog | None = None
        self._losses = 0
        self._failed_starts = 0
        self._standstills = 0
        limit = standstill_seconds()
        self._life = Progress(max(limit, LOST_BEATS * BEAT_SECONDS))
        self._progress = Progress(limit)

    def open(self, recipe: RecipeFile) -> WorkerProcess:
        """Start a worker.

        Raises:
            StudyError: The operating system starts no further process.
        """
        if self._log is None:
            self._log = WorkerLog(self._log_path)
        self.worker = WorkerProcess(recipe, self._place, self._environment, self._log)
        self.is_ready = False
        self._life.begin()
        return self.worker

    def begin(self, job: Job) -> None:
        """Give the worker a training, which it begins when it is ready."""
        self.job, self._losses, self._standstills = job, 0, 0
        self.hand_over()

    def hand_over(self) -> None:
        """Tell the worker of its training."""
        if self.worker is not None and self.job is not None:
            self.waits = False
            self.worker.send(StartJob(job=self.job))
            if self.is_ready:
                self._progress.begin()

    def answer(self, verdict: Verdict) -> None:
        """Pass a verdict on; dropped when the training does not wait for one."""
        if self.worker is None or self.job is None or not self.waits:
            return
        self.waits = False
        self._progress.begin()
        self.worker.send(Answer(key=self.job.key, verdict=verdict))
        if verdict.keep_above is not None:
            self.job = replace(self.job, keep_above=verdict.keep_above)

    def interrupt(self, reason: str) -> None:
        """Pass on the wish that the training ends before its next report."""
        if self.worker is not None and self.job is not None:
            self.worker.send(Interrupt(key=self.job.key, reason=reason))

    def ready(self) -> None:
        """Take note that the worker has built its engine."""
        self.is_ready, self._failed_starts = True, 0
        if self.job is not None:
            self._progress.begin()

    def free(self) -> None:
        """Take note that the training has ended."""
        self.job, self.waits = None, False
        self._progress.wait()

    def heard(self, word: Word) -> None:
        """Take note that the worker lives, and whether its training goes on or waits."""
        self._life.went_on()
        if isinstance(word, EpochDone):
            self.waits = True
            self._progress.wait()
        elif isinstance(word, StepsDone):
            self._progress.went_on()

    def standstill(self) -> str:
        """Say that the worker hangs, or its training, as a sentence; empty while neither does."""
        if self.worker is None or self.worker.has_word:
            return ""
        name = spoken_name(self._place)
        if self._life.stands_still:
            return f"{name} gave no sign of life for {self._life.silence:.0f} s and was replaced."
        if self._progress.stands_still:
            silence = f"{self._progress.silence:.0f} s"
            return f"The training on {name} ended no step for {silence}; its worker was replaced."
        return ""

    def give_up(self, reason: str) -> None:
        """End a worker that hangs, at once."""
        self.end(0.0)
        self.last_end = reason
        self._standstills += 1

    def look(self) -> bool:
        """Keep the log small; return whether the worker has died."""
        if self._log is not None:
            self._log.trim()
        return self.worker is not None and self.worker.is_gone

    def end(self, patience: float) -> None:
        """Wait so many seconds for the worker's end, then kill it."""
        if self.worker is not None:
            self.last_end = self.worker.end(patience)
            self.worker = None
            self._progress.wait()

    def after_loss(self) -> JobRestarted | JobEnded | StudyError | None:
        """Judge the loss of the worker: what it means for the training, or for the study.

        A training that goes on stays in `job`, to be handed over to the next worker.
        """
        if not self.is_ready:
            return self._failed_start()
        if self.job is None:
            return None
        self._losses += 1
        key = self.job.key
        if (reason := self._final()) != "":
            self.free()
            return JobEnded(key=key, outcome=TrialOutcome(state=TrialState.FAILED, reason=reason))
        self.job, self.waits = replace(self.job, resume=True), False
        return JobRestarted(key=key, reason=self.last_end)

    def _final(self) -> str:
        """Say why the training is not begun again; empty when it is."""
        if self._standstills >= MOST_STANDSTILLS:
            return f"It stood still {MOST_STANDSTILLS} times. {self.last_end}"
        if self._losses >= MOST_LOSSES:
            return f"It was lost with its worker {MOST_LOSSES} times. {self.last_end}"
        return ""

    def close(self) -> None:
        """Forget the training and close the log. May be called twice."""
        self.free()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _failed_start(self) -> StudyError | None:
        self._failed_starts += 1
        if self._failed_starts < MOST_LOSSES or self._log is None:
            return None
        self.free()
        self._failed_starts = 0
        name, said = spoken_name(self._place), " / ".join(self._log.last_lines(_LAST_LINES))
        return StudyError(
            f"{name} died {MOST_LOSSES} times before it was ready. {self.last_end}",
            (f"Its last words: {said} " if said else "")
            + "Try fewer workers, or `--engine in-process` to see what is wrong.",
        )
