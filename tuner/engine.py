"""The contract between the search loop and whatever runs its trainings.

The loop starts jobs, waits for messages and answers each epoch report with a verdict. A training
that has reported waits for the verdict before it goes on, so that a pruned trial wastes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tuner.trial import EpochReport, Scores, TrialOutcome, TrialSpec

__all__ = [
    "Engine",
    "EpochDone",
    "Job",
    "JobEnded",
    "JobRestarted",
    "Message",
    "StepsDone",
    "Verdict",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training, as the loop hands it to an engine.

    Attributes:
        key: Name of the job, unique in the study (`0007`, `0007-seed-43`).
        spec: Its hyperparameters.
        directory: Folder of the run, which exists. The engine writes `checkpoint/` (to go on after
            a crash) and `best/` (a complete model folder: weights, config, tokenizer) into it, and
            may write `dev_predictions.jsonl` (labels that the best epoch gave the development
            split); all other files there are the loop's.
        keep_above: The engine saves `best/` only at epochs whose F1 is the highest of this training
            so far and above this value (None: always), so that losers cost no disk.
        resume: Go on from `checkpoint/` if one is there, else start anew. Reports of the epochs
            that the checkpoint covers are sent again, unchanged.
    """

    key: str
    spec: TrialSpec
    directory: Path
    keep_above: float | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochDone:
    """An epoch ended; the training waits for `Engine.answer(key, verdict)`."""

    key: str
    report: EpochReport


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsDone:
    """A training went on: for people who wait, sent a few times per second at most, or never.

    Attributes:
        key: Name of the job.
        epochs: Epochs trained so far, the running one as a fraction: 2.4.
    """

    key: str
    epochs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded:
    """A training ended; its slot is free."""

    key: str
    outcome: TrialOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRestarted:
    """A training was lost with whatever ran it, and begins again somewhere else.

    It goes on from its last checkpoint where that can be reached, else from the start. Either way
    its epochs are reported again from the first one; a verdict that was not delivered is void.

    Attributes:
        key: Name of the job.
        reason: What happened, as a sentence: "Worker 2 was killed by signal 9."
    """

    key: str
    reason: str


Message = EpochDone | StepsDone | JobEnded | JobRestarted


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The loop's answer to an epoch report.

    Attributes:
        action: `continue`; `prune` (end as PRUNED); `interrupt` (keep the checkpoint up to date and
            end as INTERRUPTED, to be resumed later); `finish` (end as FINISHED before the plan is
            done, for a trunk whose further branches are not worth their epochs).
        reason: One sentence for the history when the action is not `continue`.
        keep_above: New value of `Job.keep_above` for the epochs to come.
    """

    action: Literal["continue", "prune", "interrupt", "finish"] = "continue"
    reason: str = ""
    keep_above: float | None = None


class Engine(Protocol):
    """Runs trainings somewhere: in this process, on workers, from a script of numbers."""

    @property
    def slots(self) -> int:
        """How many jobs may run at once."""

    def start(self, job: Job) -> None:
        """Begin a training. Raises RuntimeError when no slot is free."""

    def next_message(self, timeout: float) -> Message | None:
        """Wait up to `timeout` seconds for a message; None when none came."""

    def answer(self, key: str, verdict: Verdict) -> None:
        """Let the training that reported last under `key` go on or stop.

        A verdict for a training that is no longer waiting (it was lost meanwhile) is dropped.
        """

    def interrupt(self, key: str, reason: str) -> None:
        """Wish that a training ends as INTERRUPTED before its next report, if it can.

        For trainings whose reports are many epochs apart. One that can be taken up again at any
        step ends at the next; others go on to their report, whose verdict stops them. Void for a
        training that is not running or was lost meanwhile.
        """

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Score a saved model folder on a split. Called with no job running."""

    def close(self) -> None:
        """Stop all trainings at once and free what the engine holds. May be called twice."""
