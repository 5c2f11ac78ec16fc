"""One training from its hyperparameters to its outcome."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.subjects.run_history import RunEvent
from tuner.engine import Job, Verdict
from tuner.errors import NonFiniteError, OutOfMemoryError
from tuner.task import Task
from tuner.training.arguments import training_arguments
from tuner.training.best_model import BestModel
from tuner.training.checkpoints import (
    is_readable,
    latest_checkpoint,
    stored_reports,
    stored_running,
)
from tuner.training.device import Device
from tuner.training.disk_trouble import disk_error, is_disk_trouble
from tuner.training.encode import EncodedSplit, IntArray
from tuner.training.memory import MicroBatchLimits, release_memory
from tuner.training.model_source import ModelSource
from tuner.training.predictions import write_predictions
from tuner.training.pristine import PristineModel
from tuner.training.trainer import AbortedError, FineTuningTrainer, TrainerHooks
from tuner.training.trunk import TrunkTrainer
from tuner.trial import EpochReport, Scores, TrialOutcome, TrialState
from tuner.trunk import is_trunk

__all__ = ["Workbench", "fine_tune"]


@dataclass(slots=True, kw_only=True)
class Workbench:
    """All that trainings of one study share: loaded and encoded once.

    Attributes:
        task: The task.
        source: The pretrained model's config and tokenizer.
        model: Its weights.
        train: Encoded training split.
        dev: Encoded development split.
        max_length: Most sub-tokens of a window.
        device: Where to train.
        limits: Micro-batch sizes learnt so far.
        checkpoint_every: Seconds between checkpoints.
    """

    task: Task
    source: ModelSource
    model: PristineModel
    train: EncodedSplit
    dev: EncodedSplit
    max_length: int
    device: Device
    limits: MicroBatchLimits
    checkpoint_every: float = 20.0


def fine_tune(
    bench: Workbench,
    job: Job,
    on_report: Callable[[EpochReport], Verdict],
    should_abort: Callable[[], bool],
    on_step: Callable[[float], None] = lambda epochs: None,
    stop_reason: Callable[[], str] = lambda: "",
) -> TrialOutcome:
    """Train one job to its end and say how it ended.

    Args:
        bench: What all trainings share.
        job: Hyperparameters and folder.
        on_report: Called at the end of each epoch; its verdict is obeyed.
        should_abort: Asked after each step; True stops at once.
        on_step: Called after each step with the epochs trained so far, such as 2.4.
        stop_reason: Asked after each step of a trunk; unless empty, it ends as INTERRUPTED where it
            can be taken up again.

    Raises:
        StudyError: The disk is full or the folder cannot be written.
    """
    hooks = _Hooks(bench, job, on_report, should_abort, on_step, stop_reason)
    trainer: FineTuningTrainer | None = None
    try:
        trainer, checkpoint = _prepare(bench, job, hooks)
        if checkpoint is not None and not _resend(trainer, hooks):
            return TrialOutcome(
                state=_STOPPED[trainer.verdict.action], reason=trainer.verdict.reason
            )
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        hooks.settle()
        return TrialOutcome(
            state=_final_state(trainer),
            reason=trainer.verdict.reason,
            events=trainer.pending_events,
        )
    except Exception as error:  # noqa: BLE001 - every kind of failure has its own outcome
        return _outcome(error, trainer, job)
    finally:
        hooks.best.close()
        if trainer is not None:
            trainer.dismantle()
        del trainer
        release_memory()


_STOPPED = {
    "continue": TrialState.FINISHED,
    "prune": TrialState.PRUNED,
    "interrupt": TrialState.INTERRUPTED,
    "finish": TrialState.FINISHED,
}


def _final_state(trainer: FineTuningTrainer) -> TrialState:
    if trainer.reports and trainer.reports[-1].epoch >= trainer.spec.epochs:
        return TrialState.FINISHED
    return _STOPPED[trainer.verdict.action]


def _prepare(bench: Workbench, job: Job, hooks: _Hooks) -> tuple[FineTuningTrainer, Path | None]:
    folder = job.directory / "checkpoint"
    found = latest_checkpoint(folder) if job.resume else None
    checkpoint = found if found is not None and is_readable(found) else None
    if checkpoint is None:
        shutil.rmtree(folder, ignore_errors=True)
    steps_per_epoch = -(-len(bench.train) // job.spec.batch_size)
    arguments = training_arguments(job.spec, bench.device, folder, steps_per_epoch)
    reports = stored_reports(checkpoint) if checkpoint else []
    kind = TrunkTrainer if is_trunk(job.spec) else FineTuningTrainer
    trainer = kind(
        task=bench.task,
        model=bench.model.restore(job.spec),
        arguments=arguments,
        train=bench.train,
        dev=bench.dev,
        spec=job.spec,
        padding=bench.source.tokenizer.pad_token_id,
        limits=bench.limits,
        hooks=hooks,
        reports=reports,
    )
    if checkpoint is not None:
        trainer.take_up(stored_running(checkpoint))
    elif found is not None:
        trainer.event(
            "restarted", "Its checkpoint could not be read; it starts from the beginning."
        )
    return trainer, checkpoint


def _resend(trainer: FineTuningTrainer, hooks: _Hooks) -> bool:
    """Send the reports of a checkpoint again; False when the answer is to stop."""
    for report in trainer.reports:
        trainer.verdict = hooks.report(report)
        if trainer.verdict.action != "continue":
            return False
    return True


def _outcome(error: Exception, trainer: FineTuningTrainer | None, job: Job) -> TrialOutcome:
    events = trainer.pending_events if trainer is not None else ()
    step = trainer.steps_trained if trainer is not None else None
    if isinstance(error, AbortedError):
        return TrialOutcome(state=TrialState.INTERRUPTED, reason="Stopped at once.", events=events)
    error = _non_finite_before(trainer) or error
    if isinstance(error, NonFiniteError):
        event = RunEvent(kind="non-finite", message=error.message, step=error.step)
        return _non_finite(error, trainer, (*events, event))
    if isinstance(error, OutOfMemoryError):
        event = RunEvent(kind="out-of-memory", message=error.message, step=step)
        return TrialOutcome(state=TrialState.INFEASIBLE, reason=str(error), events=(*events, event))
    if is_disk_trouble(error):
        model = None if trainer is None else trainer.model
        raise disk_error(error, job.directory, model) from error
    event = RunEvent(kind="error", message=f"{type(error).__name__}: {error}", step=step)
    return TrialOutcome(
        state=TrialState.FAILED,
        reason=f"{type(error).__name__}: {error}",
        events=(*events, event),
    )


def _non_finite_before(trainer: FineTuningTrainer | None) -> NonFiniteError | None:
    """Find a loss that had not been looked at yet: it explains whatever else went wrong later."""
    try:
        if trainer is not None:
            trainer.losses.settle()
    except NonFiniteError as error:
        return error
    except RuntimeError:  # the device itself has failed, and tells no values any more
        return None
    return None


def _non_finite(
    error: NonFiniteError, trainer: FineTuningTrainer | None, events: tuple[RunEvent, ...]
) -> TrialOutcome:
    """Keep what the branches of a trunk have shown: each was a training of its own."""
    if isinstance(trainer, TrunkTrainer) and trainer.reports:
        reason = f"the trunk is unstable: {error.message}"
        return TrialOutcome(state=TrialState.FINISHED, reason=reason, events=events)
    return TrialOutcome(state=TrialState.FAILED, reason=str(error), events=events)


class _Hooks(TrainerHooks):
    """Joins a training with its job."""

    def __init__(
        self,
        bench: Workbench,
        job: Job,
        on_report: Callable[[EpochReport], Verdict],
        should_abort: Callable[[], bool],
        on_step: Callable[[float], None],
        stop_reason: Callable[[], str],
    ) -> None:
        self.bench = bench
        self.job = job
        self.on_report = on_report
        self.asks_abort = should_abort
        self.on_step = on_step
        self.asks_stop = stop_reason
        self.keep_above = job.keep_above
        self.best = BestModel(job.directory / "best", bench.source.tokenizer, bench.device)
        self.checkpoint_every = bench.checkpoint_every

    def report(self, report: EpochReport) -> Verdict:
        verdict = self.on_report(report)
        if verdict.keep_above is not None:
            self.keep_above = verdict.keep_above
        return verdict

    def should_abort(self) -> bool:
        return self.asks_abort()

    def stop_reason(self) -> str:
        return self.asks_stop()

    def stepped(self, epochs: float) -> None:
        self.on_step(epochs)

    def predicted(self, labels: IntArray) -> None:
        write_predictions(self.job.directory, self.bench.task.labels, self.bench.dev, labels)

    def new_best(self, model: Any, scores: Scores) -> None:
        if self.keep_above is None or scores.f1 > self.keep_above:
            self.best.keep(model)
        else:  # an earlier epoch's weights, which count no more, must not pass for this one's
            self.best.drop()

    def settle(self) -> None:
        self.best.settle()
