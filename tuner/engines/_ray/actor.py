"""The actor that trains on a node of a Ray cluster, one training at a time.

Each call is answered by what the inner engine says next, so that nothing is polled: the answer to a
verdict is the report of the next epoch.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import ray

from tuner.engine import EpochDone, Job, JobEnded, Message, Verdict
from tuner.engine_recipe import EngineRecipe, Place
from tuner.engines._failure import Failure
from tuner.engines._hosting import Answer, Broken, EngineHost, Interrupt, Reply, StartJob
from tuner.engines._ray.files import FileFacts, inside, list_files, read_chunk, write_chunk
from tuner.engines._ray.model import PackedModel, has_model, unpack_model
from tuner.engines._ray.shipment import relocated
from tuner.engines._ray.words import MARKER, Arrival, Said, Surroundings

__all__ = ["Trainer"]

LISTEN_SECONDS = 0.2
"""Seconds between two looks at whether the actor shall end."""


class Trainer:
    """Hosts an engine; all methods but `close` and `interrupt` are called in turn.

    Args:
        surroundings: What to look for on the node.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._shared = _reads(surroundings.folder / MARKER) == surroundings.word != ""
        self._scratch: Path | None = None
        self._host: EngineHost | None = None
        self._job: Job | None = None
        self._closing = threading.Event()
        self._engine_lock = threading.Lock()

    def arrive(self) -> Arrival:
        """Say where this is, and what is missing."""
        context = ray.get_runtime_context()
        around = self._surroundings
        missing = around.model is not None and not has_model(around.model, around.files)
        return Arrival(
            node=context.get_node_id(),
            name=f"{os.uname().nodename}, process {os.getpid()}",
            shared=self._shared,
            needs_model=missing,
        )

    def prepare(self, recipe: EngineRecipe, place: Place, packed: PackedModel | None) -> Any:
        """Make the engine; return why that failed, or None."""
        try:
            model = unpack_model(packed) if packed else None
            folder = None if self._shared else self._own_folder() / "study"
            self._host = EngineHost(relocated(recipe, model, folder).build(place))
        except Exception as error:  # noqa: BLE001 - raised where the search runs
            return Failure.of(error)
        return None

    def start(self, job: Job, in_place: bool) -> Said:
        """Begin a training, in the search's own folder or in one of this node."""
        if not in_place:
            job = dataclasses.replace(job, directory=self._run_folder(job.key))
        self._job = job
        job.directory.mkdir(parents=True, exist_ok=True)
        self._running.do(StartJob(job=job))
        return self.listen(in_place)

    def answer(self, verdict: Verdict, in_place: bool) -> Said:
        """Let the training go on or stop."""
        assert self._job is not None
        self._running.do(Answer(key=self._job.key, verdict=verdict))
        return self.listen(in_place)

    def interrupt(self, key: str, reason: str) -> None:
        """Let the training end before its next report, if it can; runs while `listen` waits."""
        with self._engine_lock:
            if self._host is not None:
                self._host.do(Interrupt(key=key, reason=reason))

    def listen(self, in_place: bool) -> Said:
        """Wait for what the engine says next."""
        while not self._closing.is_set():
            with self._engine_lock:
                message = self._running.next_message(LISTEN_SECONDS)
            if message is not None:
                return Said(message=message, files=None if in_place else self._files(message))
        return Said(message=None)

    def _files(self, message: Message | Reply) -> tuple[FileFacts, ...] | None:
        """List what may be fetched: the training waits or has ended, so nothing changes."""
        if self._job is None or not isinstance(message, EpochDone | JobEnded | Broken):
            return None
        return list_files(self._job.directory)

    def read(self, key: str, name: str, offset: int) -> bytes:
        """Return a chunk of a file of a run."""
        return read_chunk(self._run_folder(key), name, offset)

    def write(self, key: str, name: str, offset: int, data: bytes) -> None:
        """Write a chunk of a file of a run."""
        write_chunk(self._run_folder(key), name, offset, data)

    def forget(self, key: str) -> None:
        """Delete the folder of a run on this node."""
        shutil.rmtree(self._run_folder(key), ignore_errors=True)

    def close(self) -> None:
        """Stop at once, and leave nothing on the node; may run while another call waits."""
        self._closing.set()
        with self._engine_lock:
            if self._host is not None:
                self._host.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def _running(self) -> EngineHost:
        assert self._host is not None, "a training begins after `prepare`"
        return self._host

    def _own_folder(self) -> Path:
        if self._scratch is None:
            _sweep()
            self._scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-"))
        return self._scratch

    def _run_folder(self, key: str) -> Path:
        return inside(self._own_folder() / "runs", key)


SCRATCH = "tuner-ray-"


def _sweep() -> None:
    """Delete what actors left behind that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        process = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _reads(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
