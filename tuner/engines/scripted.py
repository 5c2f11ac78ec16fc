"""An engine that trains nothing: it replays curves, for tests and for benchmarks of policies.

It behaves like a real one in all that the loop can see: it waits for verdicts, writes `checkpoint/`
and `best/`, takes trainings up again, and can be killed in between.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from diagnostics.subjects.run_history import RunEvent
from tuner.engine import EpochDone, Job, JobEnded, Message, Verdict
from tuner.engine_recipe import Place
from tuner.errors import StudyError
from tuner.kept_epoch import is_kept
from tuner.trial import EpochReport, Scores, TrialOutcome, TrialSpec, TrialState
from tuner.trunk import is_trunk, plan_of
from tuner.write_errors import write_error

__all__ = ["Curves", "ScriptedEngine", "ScriptedRecipe", "Step", "scripted_report"]

Step = float | EpochReport | TrialOutcome | Exception
Curves = Callable[[TrialSpec], Sequence[Step]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedRecipe:
    """Makes a `ScriptedEngine` anywhere; `curves` is a function at the top of a module."""

    curves: Curves
    delay: float = 0.0

    def build(self, place: Place) -> ScriptedEngine:
        """Make the engine; it takes any place."""
        return ScriptedEngine(self.curves, delay=self.delay)


class ScriptedEngine:
    """Replays what a function says a training would do.

    Args:
        curves: Returns, for the hyperparameters of a training, one step per report: its F1, or a
            whole report, or how the training ends there, or an error that the engine raises. A NaN
            ends the training with a non-finite loss. After the last step the training is finished.
        slots: How many trainings run side by side.
        delay: Seconds that an epoch takes.
        sleep: What waits for them; a fake clock's `advance` in tests.
        checkpoint_every: Epochs between two checkpoints.
        test_score: Returns the test F1 of a model from its development F1.

    Attributes:
        evaluated: (development F1, split) of every evaluation asked for.
        epochs_trained: Epochs trained, those of checkpoints not counted.
    """

    def __init__(
        self,
        curves: Curves,
        *,
        slots: int = 1,
        delay: float = 0.0,
        sleep: Callable[[float], object] = time.sleep,
        checkpoint_every: int = 1,
        test_score: Callable[[float], float] = lambda score: score,
    ) -> None:
        self._curves = curves
        self._slots = slots
        self._delay = delay
        self._sleep = sleep
        self._checkpoint_every = checkpoint_every
        self._test_score = test_score
        self._jobs: dict[str, _Replay] = {}
        self.evaluated: list[tuple[float, str]] = []
        self.epochs_trained = 0

    @property
    def slots(self) -> int:
        """How many trainings may run at once."""
        return self._slots

    def start(self, job: Job) -> None:
        """Begin a training. Raises RuntimeError when no slot is free."""
        if len(self._jobs) >= self._slots:
            raise RuntimeError("no slot is free")
        state = _read(job.directory / "checkpoint" / "state.json") if job.resume else None
        self._jobs[job.key] = _Replay(
            job=job,
            steps=tuple(self._curves(job.spec)),
            covered=state["epochs"] if state else 0,
            keep_above=-math.inf if job.keep_above is None else job.keep_above,
        )

    def next_message(self, timeout: float) -> Message | None:
        """Train one epoch of the training that waited longest; None when all wait for a verdict."""
        ready = [replay for replay in self._jobs.values() if not replay.waits]
        if not ready:
            return None
        replay = min(ready, key=lambda one: one.epoch)
        if replay.outcome is not None:
            return self._end(replay, replay.outcome)
        if replay.epoch >= len(replay.steps):
            return self._end(replay, TrialOutcome(state=TrialState.FINISHED))
        return self._train_epoch(replay)

    def interrupt(self, key: str, reason: str) -> None:
        """Do nothing: between two reports there is no place to stop at."""

    def answer(self, key: str, verdict: Verdict) -> None:
        """Let a training go on or stop."""
        replay = self._jobs[key]
        replay.waits = False
        if verdict.keep_above is not None:
            replay.keep_above = verdict.keep_above
        if verdict.action == "prune":
            replay.outcome = TrialOutcome(state=TrialState.PRUNED, reason=verdict.reason)
        if verdict.action == "finish":
            replay.outcome = TrialOutcome(state=TrialState.FINISHED, reason=verdict.reason)
        if verdict.action == "interrupt":
            replay.save_checkpoint()
            replay.outcome = TrialOutcome(state=TrialState.INTERRUPTED, reason=verdict.reason)

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Return what the saved model remembers; on the test split, what `test_score` makes of it.

        Raises:
            StudyError: When the folder holds no model of this engine.
        """
        saved = _read(model / "model.json")
        if saved is None:
            raise StudyError(f"`{model}` holds no model.")
        score = float(saved["f1"])
        self.evaluated.append((score, split))
        return _scores(self._test_score(score) if split == "test" else score)

    def close(self) -> None:
        """Drop all trainings."""
        self._jobs.clear()

    def _train_epoch(self, replay: _Replay) -> Message:
        step = replay.steps[replay.epoch]
        if isinstance(step, Exception):
            raise step
        if replay.epoch >= replay.covered:
            self._sleep(self._delay)
            self.epochs_trained += 1
        if isinstance(step, TrialOutcome):
            return self._end(replay, step)
        if isinstance(step, float) and not math.isfinite(step):
            return self._end(replay, _non_finite(replay.epoch))
        if not isinstance(step, EpochReport):
            step = scripted_report(replay.job.spec, replay.following, step, seconds=self._delay)
        replay.take(step, self._checkpoint_every)
        return EpochDone(key=replay.job.key, report=step)

    def _end(self, replay: _Replay, outcome: TrialOutcome) -> JobEnded:
        del self._jobs[replay.job.key]
        return JobEnded(key=replay.job.key, outcome=outcome)


@dataclass(slots=True, kw_only=True)
class _Replay:
    """A training that is being replayed."""

    job: Job
    steps: tuple[Step, ...]
    covered: int
    keep_above: float
    epoch: int = 0
    reports: list[EpochReport] = field(default_factory=list)
    waits: bool = False
    outcome: TrialOutcome | None = None

    @property
    def following(self) -> int:
        """The epoch that is reported next, or the count of a trunk's next branch."""
        spec = self.job.spec
        return plan_of(spec).counts[self.epoch] if is_trunk(spec) else self.epoch + 1

    def take(self, report: EpochReport, checkpoint_every: int) -> None:
        """Note an epoch; save the model and the checkpoint unless the checkpoint covers it."""
        self.epoch, self.waits = self.epoch + 1, True
        self.reports.append(report)
        if self.epoch <= self.covered:
            return
        if is_kept(self.reports, self.job.spec):
            if report.scores.f1 > self.keep_above:
                self._write("best", "model.json", {"f1": report.scores.f1, "epoch": report.epoch})
            else:
                shutil.rmtree(self.job.directory / "best", ignore_errors=True)
        if self.epoch % checkpoint_every == 0:
            self.save_checkpoint()

    def save_checkpoint(self) -> None:
        """Remember how far the training has come."""
        self._write("checkpoint", "state.json", {"epochs": self.epoch})

    def _write(self, folder: str, name: str, content: object) -> None:
        directory = self.job.directory / folder
        try:
            directory.mkdir(exist_ok=True)
            partial = directory / f"{name}.partial"
            partial.write_text(json.dumps(content), encoding="utf-8")
            partial.replace(directory / name)
        except OSError as error:
            raise write_error(directory, error) from error


def scripted_report(
    spec: TrialSpec, epoch: int, f1: float, *, loss: float | None = None, seconds: float = 0.0
) -> EpochReport:
    """Return the report of an epoch with a given F1.

    Args:
        spec: Hyperparameters of the training.
        epoch: The epoch, from 1.
        f1: Development F1.
        loss: Development loss; by default one that falls as the F1 rises.
        seconds: Wall time of the epoch.
    """
    loss = 1.0 - f1 if loss is None else loss
    return EpochReport(
        epoch=epoch,
        epochs=spec.epochs,
        step=epoch * max(1, 160 // spec.batch_size),
        train_loss=loss,
        scores=_scores(f1, loss),
        learning_rate=spec.learning_rate * (1 - epoch / spec.epochs),
        seconds=seconds,
    )


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _scores(f1: float, loss: float | None = None) -> Scores:
    return Scores(loss=loss, precision=f1, recall=f1, f1=f1, accuracy=f1)


def _non_finite(epoch: int) -> TrialOutcome:
    message = f"the training loss became non-finite in epoch {epoch + 1}"
    event = RunEvent(kind="non-finite", message=message, epoch=float(epoch))
    return TrialOutcome(state=TrialState.FAILED, reason=message, events=(event,))
