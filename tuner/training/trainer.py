"""The transformers Trainer with length batches, micro-batches that fit, and a verdict per epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from diagnostics.subjects.run_history import RunEvent
from tuner.engine import Verdict
from tuner.errors import OutOfMemoryError
from tuner.evaluation_pace import epochs_between
from tuner.kept_epoch import is_kept
from tuner.task import Task
from tuner.training.batches import cut_pieces, piece_tokens_of
from tuner.training.checkpoints import RunningEpoch, seal_checkpoint
from tuner.training.encode import IGNORED, EncodedSplit, IntArray
from tuner.training.epoch_tally import EpochTally
from tuner.training.finite_losses import FiniteLosses, steps_between_looks
from tuner.training.left_behind import take_out
from tuner.training.loader import RowNumbers, training_loader
from tuner.training.memory import (
    MicroBatchLimits,
    SimulatedMemory,
    is_out_of_memory,
    release_memory,
    split_rows,
)
from tuner.training.predict import evaluate
from tuner.training.random_state import RandomState
from tuner.training.repeatable_step import make_repeatable
from tuner.training.trainer_hooks import AbortedError, Bridge, TrainerHooks
from tuner.training.transfer import to_device
from tuner.trial import EpochReport, Scores, TrialSpec

__all__ = ["AbortedError", "FineTuningTrainer", "TrainerHooks"]

CHECKPOINT_SHARE = 0.03
"""Most of the time that goes into checkpoints: one that takes a second comes every 33 seconds."""


class FineTuningTrainer(Trainer):
    """Trains one model on one split and evaluates it at the end of every epoch.

    The effective batch is `TrainingArguments.per_device_train_batch_size`. When a step runs out of
    memory it is redone in smaller micro-batches; since each contributes its share of the loss *sum*
    divided by the word count of the whole batch, gradient and result stay the same.

    Args:
        task: Loss, predictions and scores.
        model: A model on its way to being trained.
        arguments: Training arguments.
        train: Encoded training split.
        dev: Encoded development split.
        spec: Hyperparameters.
        padding: Token id that fills short rows.
        limits: Micro-batch sizes learnt so far.
        hooks: The outside world.
        reports: Reports of earlier epochs, of a resumed training.
    """

    def __init__(
        self,
        *,
        task: Task,
        model: Any,
        arguments: TrainingArguments,
        train: EncodedSplit,
        dev: EncodedSplit,
        spec: TrialSpec,
        padding: int,
        limits: MicroBatchLimits,
        hooks: TrainerHooks,
        reports: list[EpochReport],
    ) -> None:
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=RowNumbers(len(train)),
            eval_dataset=RowNumbers(len(dev)),
        )
        self.remove_callback(PrinterCallback)
        self.add_callback(Bridge(self))
        self.task = task
        self.train_split = train
        self.dev_split = dev
        self.spec = spec
        self.padding = padding
        self.limits = limits
        self.simulated = SimulatedMemory.from_environment()
        self.hooks = hooks
        self.reports = reports
        self.verdict = Verdict()
        self.has_optimizer_state = bool(reports)
        self.piece_tokens = piece_tokens_of(self.args.device.type)
        self.losses = FiniteLosses(steps_between_looks(self.args.device.type))
        self._pause = epochs_between(train.ids.size, dev.ids.size, spec)
        self._checkpointed = time.monotonic()
        self._checkpoint_seconds = 0.0
        self.tally = EpochTally()

    # Data

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the loader of length batches."""
        return training_loader(self.train_split, self.spec, self.padding, self.piece_tokens)

    # One step

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Compute the gradient of one batch, in as many micro-batches as memory asks for.

        Raises:
            OutOfMemoryError: Not even one row fits.
            NonFiniteError: The loss became NaN or infinite, now or a few steps ago.
        """
        model.train()
        random_state = RandomState.now()
        while True:
            done = self._try_step(model, inputs)
            if done is not None:
                break
            # Outside the except block, whose traceback kept the failed activations alive.
            model.zero_grad(set_to_none=True)
            random_state.restore()
            release_memory()
        self.losses.note(done, self.steps_trained + 1, self._get_learning_rate())
        return done

    def _try_step(self, model: torch.nn.Module, inputs: Mapping[str, Any]) -> torch.Tensor | None:
        """Run forward and backward; None when memory ran out, with a smaller limit noted."""
        lengths = inputs["attention_mask"].sum(dim=1).numpy()
        words = int((inputs["labels"] != IGNORED).sum())
        total = torch.zeros((), device=self.args.device)
        runs = self._micro_batches(lengths)
        rows, length = runs[0].stop, int(lengths[0])
        try:
            batch = to_device(inputs, self.args.device)
            for run in runs:
                rows, length = run.stop - run.start, int(lengths[run.start])
                part = {name: tensor[run, :length] for name, tensor in batch.items()}
                total += self._micro_batch(model, part, words)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._shrink(rows, length, lengths.size)
            return None
        padded = sum(int(lengths[run.start]) * (run.stop - run.start) for run in runs)
        self.tally.add(total, words, int(lengths.sum()), padded)
        return total

    def _micro_batches(self, lengths: IntArray) -> list[slice]:
        """Cut a batch where that spares padding, and where memory asks for it."""
        limit = self.limits.limit("train")
        return [
            slice(piece.start + run.start, piece.start + run.stop)
            for piece in cut_pieces(lengths, self.piece_tokens)
            for run in split_rows(lengths[piece].tolist(), limit)
        ]

    def _micro_batch(
        self, model: torch.nn.Module, part: Mapping[str, torch.Tensor], words: int
    ) -> torch.Tensor:
        """Add the gradient of some rows to that of the batch; returns their share of its loss."""
        inputs = dict(part)
        labels = inputs.pop("labels")
        self.simulated.touch("train", *labels.shape)
        with self.compute_loss_context_manager():
            logits = model(**inputs).logits
            loss = self.task.loss_sum(logits, labels, self.spec.label_smoothing) / max(1, words)
        self.simulated.touch("backward", *labels.shape)
        self.accelerator.backward(loss)
        return loss.detach()

    def _shrink(self, rows: int, length: int, batch: int) -> None:
        if not self.limits.shrink("train", rows, length):
            raise OutOfMemoryError(
                f"Not even one row of {length} tokens fits into the memory of {self.args.device} "
                f"for training {self._trainable():,} parameters.",
                "Freeze layers, lower --max-length, or choose a smaller model.",
            )
        limit = self.limits.limit("train")
        self.event(
            "out-of-memory",
            f"Out of memory with {rows} x {length} tokens; the batch of {batch} is redone in "
            f"micro-batches of at most {limit} tokens, with the same effective batch size.",
            phase="train",
            rows=rows,
            length=length,
            batch_size=batch,
            limit=limit,
        )

    def _trainable(self) -> int:
        assert self.model is not None
        return sum(int(p.numel()) for p in self.model.parameters() if p.requires_grad)

    # Optimizer

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Create the optimizer, whose step survives running out of memory once."""
        optimizer = super().create_optimizer(model)
        return make_repeatable(
            optimizer,
            self.simulated,
            has_state=self.has_optimizer_state,
            on_repeat=lambda: self.event(
                "out-of-memory", "Out of memory in the optimizer step, which was repeated."
            ),
        )

    # End of an epoch

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Score the development split, report the epoch, and do as the verdict says.

        Raises:
            NonFiniteError: The loss of a step before became NaN or infinite.
        """
        self.losses.settle()
        predicted: list[IntArray] = []
        scores = evaluate(
            self.model,
            self.task,
            self.dev_split,
            padding=self.padding,
            device=self.args.device,
            limits=self.limits,
            simulated=self.simulated,
            on_event=self.tally.events.append,
            on_predicted=predicted.append,
            on_batch=lambda: self.hooks.batch_scored(self.epochs_told),
        )
        metrics = {
            f"{metric_key_prefix}_loss": float("nan") if scores.loss is None else scores.loss,
            f"{metric_key_prefix}_precision": scores.precision,
            f"{metric_key_prefix}_recall": scores.recall,
            f"{metric_key_prefix}_f1": scores.f1,
            f"{metric_key_prefix}_accuracy": scores.accuracy,
        }
        self.log(metrics)
        self._end_epoch(scores, predicted[0])
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _end_epoch(self, scores: Scores, predicted: IntArray) -> None:
        best = max((report.scores.f1 for report in self.reports), default=-1.0)
        report = self._report(scores)
        self.reports.append(report)
        self.verdict = self.hooks.report(report)
        self.tally = EpochTally()
        self.verdict = self.judged(self.verdict)
        stops = self.verdict.action != "continue"
        kept = is_kept(self.reports, self.spec)
        if self.verdict.action != "prune" and kept:
            self.hooks.new_best(self.model, scores)
        if kept or (
            best <= 0 and scores.f1 >= best
        ):  # the errors of a training that learns nothing
            self.hooks.predicted(predicted)
        self.control.should_training_stop = self.control.should_training_stop or stops
        goes_on = report.epoch < report.epochs
        interrupted = self.verdict.action == "interrupt"
        due = self.checkpoint_is_due and not stops
        self.control.should_save = goes_on and (interrupted or due)

    def judged(self, verdict: Verdict) -> Verdict:
        """Return what is done after a report; the default is what the outside said."""
        return verdict

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the last checkpoint is old enough, also for what it took to write."""
        pause = self.hooks.checkpoint_every
        if pause > 0:
            pause = max(pause, self._checkpoint_seconds / CHECKPOINT_SHARE)
        return time.monotonic() - self._checkpointed >= pause

    @property
    def epochs_trained(self) -> float:
        """Epochs that the weights have seen, the running one as a fraction."""
        return float(self.state.epoch or 0)

    @property
    def epochs_told(self) -> float:
        """Epochs trained on the scale of the reports."""
        return self.epochs_trained

    @property
    def steps_trained(self) -> int:
        """Optimizer steps that the weights have seen."""
        return self.state.global_step

    def epoch_ended(self) -> None:
        """Leave the evaluation out where it would cost more than the training it judges."""
        if (self.spec.epochs - round(self.epochs_trained)) % self._pause:
            self.control.should_evaluate = False

    def step_ended(self) -> None:
        """Decide whether to evaluate or to save after a step; the default waits for the epoch."""

    def _report(self, scores: Scores) -> EpochReport:
        return EpochReport(
            epoch=round(self.epochs_trained),
            epochs=self.spec.epochs,
            step=self.steps_trained,
            train_loss=self.tally.loss,
            scores=scores,
            learning_rate=float(self._get_learning_rate()),
            grad_norm=self.tally.grad_norm,
            seconds=self.tally.seconds,
            tokens=self.tally.tokens,
            padded_tokens=self.tally.padded_tokens,
            events=tuple(self.tally.events),
            logs=tuple(self.tally.logs),
        )

    def event(self, kind: str, message: str, **details: Any) -> None:
        """Note something for the history of the run."""
        self.tally.events.append(
            RunEvent(
                kind=kind,
                message=message,
                epoch=self.epochs_trained,
                step=self.steps_trained,
                details=details,
            )
        )

    @property
    def pending_events(self) -> tuple[RunEvent, ...]:
        """What happened since the last report."""
        return tuple(self.tally.events)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Keep step-level logs for the next report."""
        super().log(logs, start_time)
        if "loss" in logs:
            self.tally.logs.append(dict(self.state.log_history[-1]))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint, of finite weights, and remember how long that took."""
        self.losses.settle()
        began = time.monotonic()
        super()._save_checkpoint(model, trial)
        self._checkpoint_seconds = time.monotonic() - began

    def seal(self) -> None:
        """Complete the checkpoint that transformers has just written."""
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        self.hooks.settle()
        seal_checkpoint(folder, self.reports, self.tally.running())
        self._checkpointed = time.monotonic()

    def take_up(self, running: RunningEpoch) -> None:
        """Go on counting where a checkpoint stopped."""
        self.has_optimizer_state = True
        self.tally = EpochTally(running)

    def dismantle(self) -> None:
        """Give back the memory, and the model as it was given, which the next training uses."""
        take_out(self)
        self.accelerator.free_memory()
        self.optimizer = self.lr_scheduler = None
        self.callback_handler.optimizer = self.callback_handler.lr_scheduler = None
