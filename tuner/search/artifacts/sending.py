"""Copies of checkpoints and models in another place, sent there while trainings go on.

One thread sends. What waits for it is a hard-linked copy, so that the training may replace its
files meanwhile; of each artifact only the newest waits, and only a bounded number of them. A place
that fails is tried again, then a warning in the study says so: it never ends a training.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from tuner.search.artifacts.store import ArtifactStore
from tuner.search.documents import guard_writing
from tuner.secrets_in_text import without_secrets
from tuner.write_errors import is_disk_full

__all__ = ["Artifacts"]

MOST_WAITING = 64
TRIES = 3
PAUSE_SECONDS = 1.0
"""Pause after the first failed try; each further one is twice as long."""

Stamp = tuple[tuple[str, int, int], ...]


class Artifacts:
    """Sends folders to a store in the background, and fetches them from there.

    Args:
        store: The place.
        outgoing: Folder for what waits to be sent, on the file system of the study.
        warn: Told once about each artifact that could not be sent or fetched.
        pause: Seconds after the first failed try.
    """

    def __init__(
        self,
        store: ArtifactStore,
        outgoing: Path,
        warn: Callable[[str], object],
        *,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._store = store
        self._outgoing = outgoing / uuid.uuid4().hex
        self._warn = warn
        self._pause = pause
        self._waiting: dict[str, tuple[Path, str] | None] = {}
        self._sent: dict[str, Stamp] = {}
        self._told: set[str] = set()
        self._busy = False
        self._closed = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def keep(self, name: str, files: Iterable[Path], folder: Path, identity: str) -> None:
        """Send files as they are now, unless they were sent already.

        Args:
            name: Name of the artifact.
            files: Files below `folder`.
            folder: The folder that they make up.
            identity: What they belong to.
        """
        try:
            chosen = sorted(files)
            stamp = _stamp(chosen)
            if not chosen or self._sent.get(name) == stamp:
                return
            copy = self._copy(chosen, folder)
        except FileNotFoundError:
            return  # replaced while it was looked at: the next one will do
        except OSError as error:
            self._complain(name, "sent to", error)
            return
        self._sent[name] = stamp
        self._enqueue(name, (copy, identity))

    def drop(self, name: str, *, unseen: bool = False) -> None:
        """Delete an artifact that this process has sent, or is about to send.

        Args:
            name: Its name.
            unseen: Delete it also when another process has sent it.
        """
        if self._sent.pop(name, None) is not None or unseen:
            self._enqueue(name, None)

    def fetch(self, name: str, folder: Path, identity: str) -> bool:
        """Fetch an artifact, at once; False when there is none, or it cannot be had.

        Raises:
            StudyError: The disk here is full.
        """
        try:
            return self._store.download(name, folder, identity)
        except Exception as error:
            if isinstance(error, OSError) and is_disk_full(error):
                with guard_writing(folder):
                    raise
            self._complain(name, "fetched from", error)
            return False

    def flush(self, seconds: float) -> bool:
        """Wait until everything is sent; False when that took longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def close(self) -> None:
        """Stop sending; what still waits is forgotten."""
        with self._changed:
            self._closed.set()
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=PAUSE_SECONDS)
        shutil.rmtree(self._outgoing, ignore_errors=True)
        with contextlib.suppress(OSError):  # other processes send from there too
            self._outgoing.parent.rmdir()

    def _copy(self, files: Iterable[Path], folder: Path) -> Path:
        """Link the files into a folder of their own, or copy them where links are not possible."""
        copy = self._outgoing / uuid.uuid4().hex
        try:
            for path in files:
                target = copy / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(path, target)
                except OSError:
                    shutil.copy2(path, target)
        except OSError:
            shutil.rmtree(copy, ignore_errors=True)
            raise
        return copy

    def _enqueue(self, name: str, task: tuple[Path, str] | None) -> None:
        with self._changed:
            _discard(self._waiting.pop(name, None))
            self._waiting[name] = task
            if len(self._waiting) > MOST_WAITING:
                oldest = next(iter(self._waiting))
                self._sent.pop(oldest, None)
                _discard(self._waiting.pop(oldest))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="artifacts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closed.is_set())
                if self._closed.is_set():
                    return
                name = next(iter(self._waiting))
                task = self._waiting.pop(name)
                self._busy = True
            self._send(name, task)
            _discard(task)

    def _send(self, name: str, task: tuple[Path, str] | None) -> None:
        for attempt in range(TRIES):
            try:
                if task is None:
                    self._store.remove(name)
                else:
                    self._store.upload(task[0], name, task[1])
            except Exception as error:  # noqa: BLE001 - every driver has errors of its own
                if name in self._waiting or self._closed.is_set():
                    return  # a newer one takes its place
                if attempt == TRIES - 1:
                    self._sent.pop(name, None)
                    self._complain(name, "deleted from" if task is None else "sent to", error)
                elif self._closed.wait(self._pause * 2**attempt):
                    return
            else:
                return

    def _complain(self, name: str, what: str, error: Exception) -> None:
        reason = without_secrets(f"{type(error).__name__}: {error}")
        told = f"`{name}` could not be {what} the place for artifacts ({reason})."
        if told not in self._told:
            self._told.add(told)
            self._warn(told)


def _stamp(files: Iterable[Path]) -> Stamp:
    described = ((path, path.stat()) for path in files)
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in described)


def _discard(task: tuple[Path, str] | None) -> None:
    if task is not None:
        shutil.rmtree(task[0], ignore_errors=True)
