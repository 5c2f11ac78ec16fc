"""Trains a trunk: one training at a constant rate, with a branch for each epoch count.

To transformers' Trainer it is one pass over a row of steps, `TrunkCourse`. Before a branch the
trunk is kept in memory, after its evaluation put back; so checkpoints hold the trunk only, and a
branch that was cut off is begun again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from tuner.engine import Verdict
from tuner.training.checkpoints import RunningEpoch, latest_checkpoint
from tuner.training.encode import IntArray
from tuner.training.loader import trunk_loader
from tuner.training.trainer import FineTuningTrainer
from tuner.training.trunk_course import Stretch, TrunkCourse
from tuner.training.trunk_state import TrunkState
from tuner.trial import Scores
from tuner.trunk_end import unstable

__all__ = ["TrunkTrainer"]


class TrunkTrainer(FineTuningTrainer):
    """Reports once per branch; see `FineTuningTrainer` for the arguments."""

    def __init__(self, **arguments: Any) -> None:
        steps_per_epoch = -(-len(arguments["train"]) // arguments["spec"].batch_size)
        self.course = TrunkCourse.of(arguments["spec"], steps_per_epoch)
        self._trunk: TrunkState | None = None
        self._before_branch = RunningEpoch()
        super().__init__(**arguments)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the loader of the trunk and all branches."""
        return trunk_loader(
            self.train_split, self.spec, self.padding, self.piece_tokens, self.course
        )

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
        """Create the schedule; the place counts, since a scaler may skip steps of the optimizer."""
        if self.lr_scheduler is None:

            def factor(calls: int) -> float:
                place = self.state.global_step  # advanced after the schedule, hence one behind
                return self.course.factor(place + 1 if calls else place)

            self.lr_scheduler = LambdaLR(optimizer or self._optimizer, factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Keep the trunk before the first step of a branch, then train the step.

        Raises:
            OutOfMemoryError: Not even one row fits.
            NonFiniteError: The loss became NaN or infinite, now or a few steps ago.
        """
        place = self.state.global_step
        stretch = self.course.at(place)
        if stretch.is_branch and place == stretch.place and stretch.end < len(self.course):
            assert self.model is not None  # as it is, while `model` may be a compiled one
            self._trunk = TrunkState.of(self.model, self._optimizer, self._scaler)
            self._before_branch = self.tally.running()
        if self.course.begins_epoch(place):
            # A DataLoader draws once from torch's generator when an epoch begins. Here the epochs
            # are one pass, and the dropout of a branch shall be that of a training by itself.
            torch.empty((), dtype=torch.int64).random_()
        return super().training_step(model, inputs, num_items_in_batch)

    def step_ended(self) -> None:
        """Evaluate at the end of a branch; on the trunk, save where an epoch or the trunk ends."""
        done, stretch = self.state.global_step, self._stretch
        at_end = done == stretch.end
        if stretch.is_branch:
            self.control.should_evaluate = at_end
        elif at_end or self.steps_trained % self.course.steps_per_epoch == 0:
            self.control.should_save = self.checkpoint_is_due
        reason = self.hooks.stop_reason()
        if reason and not (stretch.is_branch and at_end) and self._can_stop(stretch, done):
            self.verdict = Verdict(action="interrupt", reason=reason)
            self.control.should_training_stop = True

    def _can_stop(self, stretch: Stretch, done: int) -> bool:
        """Prepare to stop before the next report, where the training can be taken up again.

        The trunk can be taken up at any step. A branch of which more than an epoch is left is
        given up: the training goes back to the trunk, or to the checkpoint of its last step.
        """
        if not stretch.is_branch:
            self.control.should_save = True
            return True
        if stretch.end - done <= self.course.steps_per_epoch:
            return False
        if self._trunk is None:
            checkpoint = latest_checkpoint(Path(str(self.args.output_dir)))
            return checkpoint is not None and checkpoint.name == f"checkpoint-{stretch.place}"
        self._back_to_trunk(self._trunk, stretch)
        self.control.should_save = True
        return True

    def _back_to_trunk(self, trunk: TrunkState, stretch: Stretch) -> None:
        """Undo the steps of a branch, so that a checkpoint is one of the trunk."""
        assert self.model is not None
        trunk.restore(self.model, self._optimizer, self._scaler)
        self._trunk = None
        self.state.global_step = stretch.place
        self._set_rate(self.course.factor(stretch.place))
        began, events = self.tally.began, self.tally.events
        self.take_up(self._before_branch)
        self.tally.began, self.tally.events = began, events

    def _set_rate(self, factor: float) -> None:
        """Set the rate of the step to come, which the schedule has set for another place."""
        assert self.lr_scheduler is not None
        rates = [base * factor for base in self.lr_scheduler.base_lrs]
        for group, rate in zip(self._optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.lr_scheduler._last_lr = rates

    def judged(self, verdict: Verdict) -> Verdict:
        """End a trunk that is unstable, whatever the outside said of its last branch."""
        reason = unstable(self.reports)
        if reason is None or verdict.action != "continue":
            return verdict
        self.event("unstable", reason)
        return Verdict(action="finish", reason=reason, keep_above=verdict.keep_above)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Keep the logs of the trunk; those of a branch would be a second series among them."""
        kept = len(self.tally.logs)
        super().log(logs, start_time)
        if self._stretch.is_branch:
            del self.tally.logs[kept:]
        for entry in self.tally.logs[kept:]:
            entry |= {"epoch": self.epochs_trained, "step": self.steps_trained}

    @property
    def epochs_trained(self) -> float:
        """Epochs that the present weights have seen."""
        return self.steps_trained / self.course.steps_per_epoch

    @property
    def epochs_told(self) -> float:
        """Place on the scale of the counts."""
        return self.course.counted(self.state.global_step)

    @property
    def steps_trained(self) -> int:
        """Optimizer steps that the present weights have seen."""
        done = self.state.global_step
        return 0 if done == 0 else self.course.step(done - 1) + 1

    @property
    def _stretch(self) -> Stretch:
        """The stretch of the last step."""
        return self.course.at(max(self.state.global_step - 1, 0))

    @property
    def _optimizer(self) -> torch.optim.Optimizer:
        assert self.optimizer is not None
        return self.optimizer

    @property
    def _scaler(self) -> Any:
        return getattr(self.accelerator, "scaler", None)

    def _end_epoch(self, scores: Scores, predicted: IntArray) -> None:
        """Report the branch, then put the trunk back, which a checkpoint may now be taken of."""
        super()._end_epoch(scores, predicted)
        if self._trunk is not None and self.model is not None:
            self._trunk.restore(self.model, self._optimizer, self._scaler)
            self._trunk = None
