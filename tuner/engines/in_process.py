"""Trainings in a thread of this process: one device, one training at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch

from tuner.engine import Engine, EpochDone, Job, JobEnded, Message, StepsDone, Verdict
from tuner.engine_recipe import EngineRequest, Place
from tuner.errors import StudyError
from tuner.tasks.token_classification import TokenClassification
from tuner.training.device import Device, choose_device
from tuner.training.encode import EncodedSplit
from tuner.training.fine_tune import Workbench, fine_tune
from tuner.training.garbage import only_new_garbage
from tuner.training.memory import MicroBatchLimits, SimulatedMemory
from tuner.training.model_source import ModelSource, open_model
from tuner.training.predict import evaluate
from tuner.trial import EpochReport, Scores

if TYPE_CHECKING:
    from tuner.data import TaskData

__all__ = ["InProcessEngine", "TrainingRecipe", "open_engine", "open_workbench"]


SECONDS_BETWEEN_STEPS = 0.25
"""Least time between two messages about steps: faster is more than an eye needs."""


def open_workbench(
    data: TaskData,
    source: ModelSource,
    device: Device,
    *,
    max_length: int | None = None,
    folder: Path | None = None,
    checkpoint_every: float = 20.0,
) -> Workbench:
    """Load weights and encode data, once for all trainings of a study.

    Args:
        data: The data set.
        source: The pretrained model.
        device: Where to train.
        max_length: Most sub-tokens of a window; None takes the model's own limit.
        folder: Folder of the study, for the cache of encoded data and the memory limits.
        checkpoint_every: Seconds between checkpoints.
    """
    task = TokenClassification(data.labels)
    model = task.load_model(source)  # first, so that a model that fails leaves no cache behind
    length = source.max_length if max_length is None else min(max_length, source.max_length)
    cache = folder / "cache" if folder else None

    def encoded(split: Literal["train", "dev"]) -> EncodedSplit:
        sentences = getattr(data, split)
        return task.encode(sentences, source, length, cache, f"{split}:{data.fingerprint}")

    train, dev = encoded("train"), encoded("dev")
    return Workbench(
        task=task,
        source=source,
        model=model,
        train=train,
        dev=dev,
        max_length=length,
        device=device,
        limits=MicroBatchLimits.load(folder / "memory.json" if folder else None),
        checkpoint_every=checkpoint_every,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecipe:
    """Makes an engine that trains in its process, with the data and the model of a study.

    Attributes:
        data: The data set.
        model: Folder or hub id of the encoder, as the user named it.
        max_length: Most sub-tokens of a window; None takes the model's own limit.
        folder: Folder of the study, for the cache of encoded data and the memory limits.
        checkpoint_every: Seconds between checkpoints.
    """

    data: TaskData
    model: str
    max_length: int | None = None
    folder: Path | None = None
    checkpoint_every: float = 20.0

    def build(self, place: Place) -> InProcessEngine:
        """Load the model and encode the data for the place's device.

        Raises:
            ModelError: The model cannot be found, read or used there.
            UsageError: There is no such device.
        """
        if place.threads is not None:
            torch.set_num_threads(place.threads)
        device = choose_device(place.device)
        if place.memory_share is not None and device.torch_device.type == "cuda":
            torch.cuda.set_per_process_memory_fraction(place.memory_share, device.torch_device)
        bench = open_workbench(
            self.data,
            open_model(self.model),
            device,
            max_length=self.max_length,
            folder=self.folder,
            checkpoint_every=self.checkpoint_every,
        )
        return InProcessEngine(bench, self.data)


def open_engine(request: EngineRequest) -> Engine:
    """Return the engine of this process."""
    return request.here


class InProcessEngine:
    """Runs trainings one after the other in a background thread.

    The thread keeps the main thread free for signals and the display; a training that has reported
    waits there for its verdict.

    Args:
        bench: What all trainings share.
        data: The data set, of which the test split is encoded when it is first asked for.
    """

    slots = 1

    def __init__(self, bench: Workbench, data: TaskData) -> None:
        self.bench = bench
        self.data = data
        self._messages: queue.Queue[Message | BaseException] = queue.Queue()
        self._verdicts: queue.Queue[Verdict] = queue.Queue()
        self._abort = threading.Event()
        self._stop_reason = ""
        self._thread: threading.Thread | None = None
        self._threads = torch.get_num_threads()

    def start(self, job: Job) -> None:
        """Begin a training. Raises RuntimeError while another one runs."""
        if self._thread is not None:
            raise RuntimeError(f"`start` needs a free slot, but a training runs ({job.key} waits).")
        self._stop_reason = ""
        self._thread = threading.Thread(target=self._work, args=(job,), name=job.key, daemon=True)
        self._thread.start()

    def _work(self, job: Job) -> None:
        # OpenMP keeps the number of threads per thread, so the main thread's choice is passed on.
        torch.set_num_threads(self._threads)
        try:
            with only_new_garbage():
                outcome = fine_tune(
                    self.bench,
                    job,
                    self._reporter(job.key),
                    self._abort.is_set,
                    self._teller(job.key),
                    lambda: self._stop_reason,
                )
            self._messages.put(JobEnded(key=job.key, outcome=outcome))
        except BaseException as error:  # noqa: BLE001 - handed to the loop's thread, which raises it
            self._messages.put(error)

    def _reporter(self, key: str) -> Callable[[EpochReport], Verdict]:
        def report(report: EpochReport) -> Verdict:
            self._messages.put(EpochDone(key=key, report=report))
            while not self._abort.is_set():
                try:
                    return self._verdicts.get(timeout=0.2)
                except queue.Empty:
                    continue
            return Verdict(action="interrupt", reason="Stopped at once.")

        return report

    def _teller(self, key: str) -> Callable[[float], None]:
        told = time.monotonic()

        def tell(epochs: float) -> None:
            nonlocal told
            if time.monotonic() - told >= SECONDS_BETWEEN_STEPS:
                told = time.monotonic()
                self._messages.put(StepsDone(key=key, epochs=epochs))

        return tell

    def next_message(self, timeout: float) -> Message | None:
        """Wait for a message.

        Raises:
            StudyError: The disk is full, or the training's thread broke down.
        """
        try:
            message = self._messages.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(message, BaseException):
            self._join()
            raise message
        if isinstance(message, JobEnded):
            self._join()
        return message

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def answer(self, key: str, verdict: Verdict) -> None:
        """Let the waiting training go on or stop."""
        self._verdicts.put(verdict)

    def interrupt(self, key: str, reason: str) -> None:
        """Let the running training end where it can be taken up again, before its next report."""
        if self._thread is not None and self._thread.name == key:
            self._stop_reason = reason

    def evaluate(self, model: Path, split: Literal["dev", "test"]) -> Scores:
        """Score a saved model folder on a split.

        Raises:
            StudyError: The folder cannot be read.
        """
        bench, task = self.bench, self.bench.task
        assert isinstance(task, TokenClassification)
        try:
            loaded = task.load_saved(model)
        except Exception as error:  # these libraries share no base class
            raise StudyError(
                f"The saved model {str(model)!r} cannot be read: {error}",
                "Delete that folder and run the same command again: it is trained anew.",
            ) from error
        encoded = bench.dev if split == "dev" else self._test_split()
        device = bench.device.torch_device
        return evaluate(
            loaded.to(device),
            task,
            encoded,
            padding=bench.source.tokenizer.pad_token_id,
            device=device,
            limits=bench.limits,
            simulated=SimulatedMemory.from_environment(),
            on_event=lambda event: None,
        )

    def _test_split(self) -> EncodedSplit:
        length = self.bench.max_length
        return self.bench.task.encode(
            self.data.test, self.bench.source, length, None, f"test:{self.data.fingerprint}"
        )

    def close(self) -> None:
        """Stop the running training after its current step and wait for it."""
        self._abort.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
