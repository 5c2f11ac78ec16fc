"""A worker process as the search sees it: started, talked to, found dead, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import cast

from tuner.engine_recipe import EngineRecipe, Place
from tuner.engines._hosting import Command
from tuner.engines._workers.log import WorkerLog
from tuner.engines._workers.words import Word
from tuner.errors import StudyError

__all__ = ["RecipeFile", "WorkerProcess", "spoken_name"]

# A program of its own rather than `multiprocessing.Process`, which would run the user's script
# once more in every worker.
_PROGRAM = (
    "import json, sys; settings = json.loads(sys.argv[1]); sys.path[:] = settings['path']; "
    "from tuner.engines._workers.main import main; main(settings)"
)

_MEANINGS: Mapping[int, str] = MappingProxyType(
    {signal.SIGKILL: "out of host memory?", signal.SIGSEGV: "segmentation fault"}
)


def spoken_name(place: Place) -> str:
    """Return what sentences call the worker at a place: `worker-2` is `Worker 2`."""
    return f"Worker {place.name.removeprefix('worker-')}"


class RecipeFile:
    """A recipe, pickled once into a nameless file that all workers of a search inherit.

    Args:
        recipe: Made of plain values and of functions and classes at the top of modules.

    Raises:
        StudyError: The temporary folder cannot be written.
    """

    def __init__(self, recipe: EngineRecipe) -> None:
        content = ForkingPickler.dumps(recipe)
        try:
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.flush()
                self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)
        except OSError as error:
            raise StudyError(
                f"The temporary folder {tempfile.gettempdir()!r} cannot be written: {error}.",
                "Make room there, or name another one with the environment variable TMPDIR.",
            ) from error

    def fileno(self) -> int:
        """The descriptor that workers inherit; they read it without moving its position."""
        return self._file


class WorkerProcess:
    """A process with an engine, at the other end of a pipe that nobody else holds.

    Args:
        recipe: Makes its engine.
        place: Where the engine runs.
        environment: Its environment variables.
        log: Takes what it prints.

    Raises:
        StudyError: The operating system starts no further process.
    """

    def __init__(
        self, recipe: RecipeFile, place: Place, environment: Mapping[str, str], log: WorkerLog
    ) -> None:
        self.place = place
        self._log = log
        log.mark()
        ours, theirs = Pipe()
        settings = {
            "path": sys.path,
            "pipe": theirs.fileno(),
            "recipe": recipe.fileno(),
            "place": asdict(place),
            # The kernel's signal is sent when the thread that started the process ends.
            "dies_with_parent": threading.current_thread() is threading.main_thread(),
        }
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log.fileno(),
                stderr=log.fileno(),
                pass_fds=(theirs.fileno(), recipe.fileno()),
                env=dict(environment),
                process_group=0,  # out of reach of Ctrl-C before it can ignore it
            )
        except OSError as error:
            ours.close()
            raise StudyError(
                f"The process of {place.name} cannot be started: {error}.",
                "Ask for fewer workers.",
            ) from error
        finally:
            theirs.close()
        self._pipe = ours

    def fileno(self) -> int:
        """Descriptor that becomes readable when the worker says something, or dies."""
        return self._pipe.fileno()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended and everything that it said was read."""
        return self._process.poll() is not None and not self.has_word

    @property
    def has_word(self) -> bool:
        """Whether something that it said was not read yet."""
        return self._pipe.poll()

    def send(self, command: Command) -> None:
        """Send a command; one to a worker that has died is dropped, since its end is noticed."""
        with contextlib.suppress(OSError):
            self._pipe.send(command)

    def receive(self) -> Word | None:
        """Return what the worker said; None when it is dead and has nothing left to say."""
        try:
            return cast(Word, self._pipe.recv())
        except (EOFError, OSError):
            return None

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end by itself; return whether it did."""
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, patience: float) -> str:
        """Free everything, and say how the process ended; it is killed if it is slow at that."""
        if not self.wait(patience):
            self._process.kill()
            self._process.wait()
        self._pipe.close()
        return self._how_it_ended(self._process.returncode)

    def last_words(self, count: int) -> str:
        """Return the last lines that it printed, separated by slashes; empty without any."""
        return " / ".join(self._log.last_lines(count))

    def _how_it_ended(self, code: int) -> str:
        name = spoken_name(self.place)
        if code == -signal.SIGKILL:  # it had no time for words about that
            return f"{name} was killed by signal 9 ({_MEANINGS[signal.SIGKILL]})."
        said = self.last_words(1)
        quoted = f" It said last: {said}" if said else ""
        if code < 0:
            meaning = _MEANINGS.get(-code) or signal.strsignal(-code)
            return f"{name} was killed by signal {-code} ({meaning}).{quoted}"
        return f"{name} ended with exit code {code}.{quoted}"
