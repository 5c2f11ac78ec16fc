"""What a training asks of the outside, and the moments of transformers' loop that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from tuner.engine import Verdict
from tuner.training.encode import IntArray
from tuner.trial import EpochReport, Scores

if TYPE_CHECKING:
    from tuner.training.trainer import FineTuningTrainer

__all__ = ["AbortedError", "Bridge", "TrainerHooks"]


class AbortedError(Exception):
    """The training was told to stop at once."""


class TrainerHooks:
    """What a training asks of the outside; the default does nothing and never stops.

    Attributes:
        checkpoint_every: Least seconds between checkpoints, which are taken at ends of epochs, and
            less often where writing one takes long; 0: one after every epoch.
    """

    checkpoint_every: float = 20.0

    def report(self, report: EpochReport) -> Verdict:
        """Hand over an epoch and wait for the verdict."""
        return Verdict()

    def should_abort(self) -> bool:
        """Tell whether to stop before the next step."""
        return False

    def stop_reason(self) -> str:
        """Say why to stop where the training can be taken up again; empty: go on."""
        return ""

    def stepped(self, epochs: float) -> None:
        """Called after each step with the epochs trained so far, the running one as a fraction."""

    def batch_scored(self, epochs: float) -> None:
        """Tell that an evaluation goes on.

        Raises:
            AbortedError: It shall stop at once.
        """
        self.stepped(epochs)
        if self.should_abort():
            raise AbortedError

    def new_best(self, model: Any, scores: Scores) -> None:
        """Called when an epoch is the one to keep so far, see `tuner.kept_epoch`."""

    def settle(self) -> None:
        """Called before a checkpoint counts: all that was kept must be on the disk by then."""

    def predicted(self, labels: IntArray) -> None:
        """Called when an epoch is kept or none before scored higher, with what it predicted.

        Of a run that stays at F1 = 0 the last epoch tells most about why.

        Args:
            labels: Shape (words,): the label ids that the development split was given.
        """


class Bridge(TrainerCallback):
    """Callback moments that the trainer itself needs.

    Args:
        trainer: The trainer.
    """

    def __init__(self, trainer: FineTuningTrainer) -> None:
        self.trainer = trainer

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell of the step, and stop at once where that is wished."""
        self.trainer.hooks.stepped(self.trainer.epochs_told)
        self.trainer.step_ended()
        if self.trainer.hooks.should_abort():
            raise AbortedError

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate, or train on."""
        self.trainer.epoch_ended()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Complete the checkpoint."""
        self.trainer.seal()
