"""What a single training shows while it runs and when it ends: values and the observer contract.

The training code builds these values and never prints; a display renders them and never decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tuner.trial import EpochReport, Scores, TrialSpec, TrialState

__all__ = ["RunFacts", "TrainObserver", "TrainResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Everything a person wants to read before the first epoch.

    Attributes:
        name: Name of the run.
        directory: Its folder.
        model: Model as the user named it.
        data_facts: Short lines about the data (sentences, entities, splits made, ...).
        spec: The hyperparameters of the run.
        device: `cuda:0 (NVIDIA H100, 80 GB)`, `cpu (2 threads)`, ...
        train_sentences: Sentences (windows, once long ones are cut) that one epoch trains on.
        steps_per_epoch: Optimizer steps of one epoch.
        notes: Warnings and remarks, as sentences.
    """

    name: str
    directory: Path
    model: str
    data_facts: tuple[str, ...]
    spec: TrialSpec
    device: str
    train_sentences: int
    steps_per_epoch: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """The end of one training.

    Attributes:
        name: Name of the run.
        directory: Its folder.
        state: Any state but RUNNING.
        reason: Why it did not finish, one sentence; empty for FINISHED.
        reports: One report per epoch, in the order of training.
        best_epoch: Epoch with the highest development F1, whose weights are saved; None when no
            epoch ended.
        dev: Scores of the saved model on the development split, or None.
        test: Its scores on the test split, read once; None when there is none.
        best_directory: Folder of the saved model, or None.
        warnings: What the reader must know, as sentences.
        next_commands: (command, what it does) pairs to go on with.
    """

    name: str
    directory: Path
    state: TrialState
    reason: str
    reports: tuple[EpochReport, ...]
    best_epoch: int | None
    dev: Scores | None
    test: Scores | None
    best_directory: Path | None
    warnings: tuple[str, ...] = ()
    next_commands: tuple[tuple[str, str], ...] = ()


class TrainObserver(Protocol):
    """Whoever watches a training: a terminal, plain lines, nothing, a test."""

    def started(self, run: RunFacts) -> None:
        """Called once, before the first epoch."""

    def epoch(self, report: EpochReport) -> None:
        """Called at the end of every epoch."""

    def progress(self, epochs: float) -> None:
        """Called a few times per second at most: epochs trained so far, such as 2.4."""

    def ended(self, result: TrainResult) -> None:
        """Called once at the end, also after an interruption or a failure."""
