"""Trains nothing: scores follow from the learning rate, to try out a search in a second."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path
from typing import Literal

from tuner.engine import EpochDone, Job, JobEnded, Message, Verdict
from tuner.trial import EpochReport, Scores, TrialOutcome, TrialState

__all__ = ["DryRunEngine"]

BEST_LEARNING_RATE = 3e-5
STATES = {"prune": TrialState.PRUNED, "interrupt": TrialState.INTERRUPTED}


class DryRunEngine:
    """Pretends to train, one job at a time.

    A job that is resumed reports all its epochs again, and since nothing is left to chance, they
    are the same.
    """

    slots = 1

    def __init__(self) -> None:
        self._job: Job | None = None
        self._epoch = 0
        self._keep_above: float | None = None
        self._messages: deque[Message] = deque()

    def start(self, job: Job) -> None:
        """Report the first epoch. Raises RuntimeError while another job runs."""
        if self._job is not None:
            raise RuntimeError(f"`start` needs a free slot, but {self._job.key} runs.")
        self._job, self._epoch, self._keep_above = job, 0, job.keep_above
        self._train_epoch(job)

    def next_message(self, timeout: float) -> Message | None:
        """Return what is waiting; nothing ever comes later, so there is no need to wait."""
        return self._messages.popleft() if self._messages else None

    def interrupt(self, key: str, reason: str) -> None:
        """Do nothing: between two reports there is no place to stop at."""

    def answer(self, key: str, verdict: Verdict) -> None:
        """Go on with the next epoch, or end the job."""
        assert self._job is not None
        if verdict.keep_above is not None:
            self._keep_above = verdict.keep_above
        if verdict.action == "continue" and self._epoch < self._job.spec.epochs:
            self._train_epoch(self._job)
            return
        state = STATES.get(verdict.action, TrialState.FINISHED)
        outcome = TrialOutcome(state=state, reason=verdict.reason)
        self._messages.append(JobEnded(key=key, outcome=outcome))
        self._job = None

    def _train_epoch(self, job: Job) -> None:
        self._epoch += 1
        distance = math.log10(job.spec.learning_rate / BEST_LEARNING_RATE)
        f1 = math.exp(-(distance**2)) * self._epoch / job.spec.epochs
        report = EpochReport(
            epoch=self._epoch,
            epochs=job.spec.epochs,
            step=self._epoch,
            train_loss=1 / self._epoch,
            scores=_scores(f1),
        )
        if self._keep_above is None or f1 > self._keep_above:
            (job.directory / "best").mkdir(exist_ok=True)
            (job.directory / "best" / "f1.txt").write_text(str(f1), encoding="utf-8")
        self._messages.append(EpochDone(key=job.key, report=report))

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Return the score that the folder remembers, on both splits."""
        return _scores(float((model / "f1.txt").read_text(encoding="utf-8")))

    def close(self) -> None:
        """Forget the job."""
        self._job = None
        self._messages.clear()


def _scores(f1: float) -> Scores:
    return Scores(loss=None, precision=f1, recall=f1, f1=f1, accuracy=f1)
